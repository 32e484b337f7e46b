import { chmod, chown, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of a volume: where, what, and with which permissions. */
export interface VolumeFile {
  /** Relative, without `..`; checked by `checkPath`. */
  readonly path: string;
  readonly data: Uint8Array;
  readonly mode: number;
  /** Owner, where it is not root. */
  readonly uid?: number;
}

export interface WriteOptions {
  readonly gid?: number;
  /** Distinguishes the folders of successive versions. */
  readonly version: string;
}

const dataLink = '..data';

/** A path that may stand in a volume: relative, no `..`, nothing that starts with `..` (the writer's own names). */
export function checkPath(path: string): string {
  const segments = path.split('/');
  if (path === '' || path.startsWith('/') || path.includes('\0') || segments.some((part) => part === '' || part === '.' || part.startsWith('..'))) {
    throw new Error(`"${path}" is not a path inside a volume`);
  }
  return path;
}

/**
 * Makes `directory` show exactly `files`, all at once: they are written to a new folder, and `..data` is renamed over to it; the names
 * users see are links through `..data`. Nothing is touched when nothing changed. Old versions are removed without following links.
 */
export async function writeAtomically(directory: string, files: readonly VolumeFile[], options: WriteOptions): Promise<boolean> {
  for (const file of files) checkPath(file.path);
  const current = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (current !== undefined && (await isSame(join(directory, current), files))) {
    await linkNames(directory, files);
    return false;
  }
  const name = `..${options.version}`;
  const version = join(directory, name);
  await mkdir(version, { recursive: true, mode: 0o755 });
  await own(version, 0o755, options.gid);
  for (const file of files) await writeOne(version, file, options.gid);
  const draft = join(directory, '..data_tmp');
  await rm(draft, { force: true });
  await symlink(name, draft);
  await rename(draft, join(directory, dataLink));
  await linkNames(directory, files);
  if (current !== undefined && current !== name) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

async function writeOne(version: string, file: VolumeFile, gid: number | undefined): Promise<void> {
  const target = join(version, file.path);
  const parents = file.path.split('/').slice(0, -1);
  for (let depth = 1; depth <= parents.length; depth++) {
    const parent = join(version, ...parents.slice(0, depth));
    await mkdir(parent, { recursive: true });
    await own(parent, 0o755, gid);
  }
  await writeFile(target, file.data, { flag: 'wx', mode: file.mode & 0o777 });
  // The group that may enter a volume may also read it.
  await chown(target, file.uid ?? 0, gid ?? 0);
  await chmod(target, (gid === undefined ? file.mode : file.mode | 0o440) & 0o777);
}

async function own(directory: string, mode: number, gid: number | undefined): Promise<void> {
  if (gid !== undefined) await chown(directory, 0, gid);
  await chmod(directory, gid === undefined ? mode : mode | 0o2050);
}

/** Links for the first segments of all paths; links of names that are gone are removed. */
async function linkNames(directory: string, files: readonly VolumeFile[]): Promise<void> {
  const wanted = new Set(files.map((file) => file.path.split('/')[0] ?? ''));
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('..')) continue;
    if (wanted.has(entry.name)) wanted.delete(entry.name);
    else if (entry.isSymbolicLink()) await rm(join(directory, entry.name), { force: true });
  }
  for (const name of wanted) await symlink(join(dataLink, name), join(directory, name));
}

async function isSame(version: string, files: readonly VolumeFile[]): Promise<boolean> {
  const present = await listFiles(version, '');
  if (present === undefined || present.length !== files.length) return false;
  for (const file of files) {
    const data = await readFile(join(version, file.path)).catch(() => undefined);
    if (data === undefined || !data.equals(file.data)) return false;
  }
  return true;
}

async function listFiles(root: string, below: string): Promise<string[] | undefined> {
  const stat = await lstat(join(root, below)).catch(() => undefined);
  if (stat?.isDirectory() !== true) return undefined;
  const paths: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...((await listFiles(root, path)) ?? []));
    else paths.push(path);
  }
  return paths;
}

/** The folder of a volume, made with all that leads to it. */
export async function makeVolumeDirectory(directory: string, mode: number, gid?: number): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o750 });
  await mkdir(directory, { recursive: true });
  if (gid !== undefined) await chown(directory, 0, gid);
  await chmod(directory, gid === undefined ? mode : mode | 0o2070);
}
