/**
 * Builds an image from local files and loads it into a cluster's containerd, without a registry:
 *
 *     node tools/image.ts NAME:TAG [--dir .rhythm | --out FILE] SOURCE:PATH… [-- COMMAND…]
 *
 * The image holds busybox (a shell and its tools in /bin) and each SOURCE, a file or a folder, at its absolute PATH.
 * Equal input gives equal bytes.
 */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importImages, localImages, ociArchive, snapshotterFor, type TarEntry } from '@rhythm/cli';

const argv = process.argv.slice(2);
const dashes = argv.indexOf('--');
const command = dashes === -1 ? ['/bin/sh'] : argv.slice(dashes + 1);
const words = dashes === -1 ? argv : argv.slice(0, dashes);
const dir = option('--dir') ?? '.rhythm';
const out = option('--out');
const [name, ...files] = words;

if (name === undefined || !/^[a-z0-9][a-z0-9./_-]*(:[0-9]+\/[a-z0-9./_-]+)?:[\w.-]+$/.test(name)) {
  console.error('usage: node tools/image.ts NAME:TAG [--dir DIR | --out FILE] SOURCE:PATH... [-- COMMAND...]');
  process.exit(2);
}
const [base] = await localImages();
const entries = files.flatMap((file) => {
  const colon = file.lastIndexOf(':');
  const target = file.slice(colon + 1);
  if (colon < 1 || !target.startsWith('/')) throw new Error(`${file} is not SOURCE:/PATH`);
  return [...parents(target.slice(1)), ...add(file.slice(0, colon), target.slice(1))];
});
const archive = ociArchive([{ name, layers: [...(base?.layers ?? []), entries], cmd: command }]);
if (out !== undefined) writeFileSync(out, archive);
else {
  const { id } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as { id: string };
  await importImages(`/run/rhythm-${id}/containerd.sock`, snapshotterFor(dir), archive, join(dir, 'data/images'));
}
console.log(`${name}: ${entries.filter(({ type }) => type === 'file').length} files, ${archive.length} bytes`);

/** Takes an option with its value out of the words. */
function option(flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at === -1 ? undefined : words.splice(at, 2)[1];
}

function parents(path: string): TarEntry[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parents(parent), { type: 'directory', path: parent }];
}

function add(source: string, path: string): TarEntry[] {
  const stat = statSync(source);
  if (stat.isFile()) return [{ type: 'file', path, content: readFileSync(source), mode: stat.mode & 0o777 }];
  return [{ type: 'directory', path }, ...readdirSync(source).toSorted().flatMap((child) => add(join(source, child), `${path}/${child}`))];
}
