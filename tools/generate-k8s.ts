/** From proto/k8s to libs/api/src/gen: TypeScript interfaces in the Kubernetes JSON shape, and the schema table as data. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readProtoFiles, type Message } from './k8s-descriptors.ts';
import { interfacesOf } from './k8s-interfaces.ts';
import { resourcesOf } from './k8s-resources.ts';
import { tableOf } from './k8s-table.ts';

/** Writes the generated files below `out` (the place of libs/api/src/gen); `root` is the top of the tree. */
export function generateK8s(root: string, out: string): void {
  const files = readProtoFiles(root);
  const messages = new Map<string, Message>(files.flatMap((f) => f.messages.map((m) => [`${m.packageName}.${m.name}`, m])));
  for (const file of files) {
    if (file.group === undefined || file.version === 'v1beta1') continue;
    write(join(out, 'types', `${file.module}.ts`), interfacesOf(file, files, messages));
  }
  write(join(out, 'resources.ts'), resourcesOf(files));
  write(join(out, 'schema-table.ts'), tableOf(files));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
