/**
 * Generates the file descriptors of the services that our servers offer, for gRPC reflection: one TypeScript file with
 * the descriptors in base64, beside the service code.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type DescriptorProto, type FileDescriptorProto } from '@bufbuild/protobuf/wkt';

const paths = ['proto/rhythm', 'proto/health', 'proto/reflection'];

/** Writes `descriptors.ts` into `folder`. */
export function generateDescriptors(root: string, folder: string): void {
  const entries = descriptorsOf(root).map((file) => {
    const bytes = Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64');
    return `  {\n    file: '${file.name}',\n    imports: [${file.dependency.map((name) => `'${name}'`).join(', ')}],\n    symbols: [${symbolsOf(file).map((name) => `'${name}'`).join(', ')}],\n    base64: '${bytes}',\n  },\n`;
  });
  writeFileSync(
    join(folder, 'descriptors.ts'),
    `// Generated. Do not edit.\n/** File descriptors of the services that reflection shows. Imports come before what imports them. */\nexport const descriptors = [\n${entries.join('')}] as const;\n`,
  );
}

function descriptorsOf(root: string): FileDescriptorProto[] {
  const temporary = mkdtempSync(join(tmpdir(), 'rhythm-descriptors-'));
  try {
    const out = join(temporary, 'set.binpb');
    const only = paths.flatMap((path) => ['--path', path]);
    execFileSync('buf', ['build', '--as-file-descriptor-set', '--exclude-source-info', '-o', out, ...only], { cwd: root, stdio: 'inherit' });
    return fromBinary(FileDescriptorSetSchema, readFileSync(out)).file;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Full names of the messages, enums, services and methods of a file. */
function symbolsOf(file: FileDescriptorProto): string[] {
  const inMessage = (prefix: string, message: DescriptorProto): string[] => {
    const name = `${prefix}.${message.name}`;
    return [name, ...message.nestedType.flatMap((nested) => inMessage(name, nested)), ...message.enumType.map((e) => `${name}.${e.name}`)];
  };
  return [
    ...file.messageType.flatMap((message) => inMessage(file.package, message)),
    ...file.enumType.map((e) => `${file.package}.${e.name}`),
    ...file.service.flatMap((service) => [`${file.package}.${service.name}`, ...service.method.map((m) => `${file.package}.${service.name}.${m.name}`)]),
  ];
}
