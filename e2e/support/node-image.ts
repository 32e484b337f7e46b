import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { helloImage, localImages, type TarEntry } from '@rhythm/cli';
import { ok, repository } from './cluster.ts';

/** The layer of an image with this project's own node at /bin/node, the libraries it is linked against, and a shell. */
export async function nodeLayer(): Promise<readonly TarEntry[]> {
  const binary = join(repository, 'node_modules/.bin/node');
  const libraries = (await ok('ldd', [binary])).matchAll(/(\/[^\s)]+) \(0x/g);
  const files = [...libraries].map(([, path = '']) => path);
  const folders = new Set(files.flatMap((path) => path.split('/').slice(1, -1).map((_part, depth, parts) => parts.slice(0, depth + 1).join('/'))));
  const shell = (await localImages()).find(({ name }) => name === helloImage)?.layers[0] ?? [];
  return [
    ...shell,
    ...[...folders].toSorted().map((path): TarEntry => ({ type: 'directory', path })),
    ...files.map((path): TarEntry => ({ type: 'file', path: path.slice(1), content: readFileSync(path), mode: 0o755 })),
    { type: 'file', path: 'bin/node', content: readFileSync(binary), mode: 0o755 },
  ];
}
