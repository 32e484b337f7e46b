import { lstat, mkdir, open, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import type { HostPathVolumeSource } from '@rhythm/api/types/core-v1';
import { MountError } from './payload.ts';

/** Checks a hostPath volume against its type, and makes it where the type says so. Gives the path. */
export async function prepareHostPath(source: HostPathVolumeSource): Promise<string> {
  const { path, type = '' } = source;
  if (path.split('/').includes('..')) throw new MountError(`hostPath "${path}" must not contain ".."`);
  const found = await stat(path).catch(() => undefined);
  if (type === 'DirectoryOrCreate' && found === undefined) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    return path;
  }
  if (type === 'FileOrCreate' && found === undefined) {
    await (await open(path, 'wx', 0o644)).close();
    return path;
  }
  const expected = checks.get(type);
  if (expected === undefined) throw new MountError(`hostPath type ${type} is not supported`);
  if (!expected.holds(found)) throw new MountError(`hostPath type check failed: ${path} is not ${expected.words}`);
  // Without a type a missing path becomes a folder, as with Kubernetes.
  if (found === undefined && (await lstat(path).catch(() => undefined)) === undefined) await mkdir(path, { recursive: true, mode: 0o755 });
  return path;
}

interface Check {
  readonly words: string;
  holds(found: Stats | undefined): boolean;
}

const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['', { words: 'anything', holds: () => true }],
  ['DirectoryOrCreate', { words: 'a directory', holds: (found) => found?.isDirectory() === true }],
  ['Directory', { words: 'a directory', holds: (found) => found?.isDirectory() === true }],
  ['FileOrCreate', { words: 'a file', holds: (found) => found?.isFile() === true }],
  ['File', { words: 'a file', holds: (found) => found?.isFile() === true }],
  ['Socket', { words: 'a socket file', holds: (found) => found?.isSocket() === true }],
  ['CharDevice', { words: 'a character device', holds: (found) => found?.isCharacterDevice() === true }],
  ['BlockDevice', { words: 'a block device', holds: (found) => found?.isBlockDevice() === true }],
]);
