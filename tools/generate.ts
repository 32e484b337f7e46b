/**
 * Generates everything that is generated: the service protocols (`buf generate`) and the Kubernetes kinds.
 * `--check` generates into a temporary folder, compares, and exits 1 when the committed files differ.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateDescriptors } from './generate-descriptors.ts';
import { generateK8s } from './generate-k8s.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.env['PATH'] = `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const folders = ['libs/proto/src/gen', 'libs/api/src/gen'];
if (values.check) check();
else generate(root);

function generate(out: string): void {
  execFileSync('buf', ['generate', '-o', out], { cwd: root, stdio: 'inherit' });
  generateDescriptors(root, join(out, 'libs/proto/src/gen'));
  generateK8s(root, join(out, 'libs/api/src/gen'));
}

function check(): void {
  const temporary = mkdtempSync(join(tmpdir(), 'rhythm-generate-'));
  try {
    for (const folder of folders) mkdirSync(join(temporary, folder), { recursive: true });
    generate(temporary);
    const differing = folders.flatMap((folder) => differences(join(root, folder), join(temporary, folder)));
    for (const path of differing) process.stderr.write(`${path} is not what \`npm run generate\` makes\n`);
    process.exitCode = differing.length === 0 ? 0 : 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Paths of files that differ, or are in one of the two folders only. */
function differences(committed: string, fresh: string): string[] {
  const names = new Set([...filesOf(committed), ...filesOf(fresh)]);
  return [...names].filter((name) => content(join(committed, name)) !== content(join(fresh, name))).map((name) => relative(root, join(committed, name)));
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());
}

function content(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
