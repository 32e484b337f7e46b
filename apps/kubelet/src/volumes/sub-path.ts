import { constants, fstatSync } from 'node:fs';
import { mkdir, open, realpath, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { MountError } from './payload.ts';
import { bindHandle, isMountPoint, unmount } from './mounts.ts';

/** openat2 without its name: each segment is opened from the handle of its parent, and no link is followed (CVE-2017-1002101, CVE-2021-25741). */
const pathOnly = 0x200000;
const noFollow = constants.O_NOFOLLOW;

/**
 * Binds `subPath` of a volume to `target` on the machine, so that the container gets exactly that and nothing a link could point to.
 * A missing folder is made when the volume may be written.
 */
export async function bindSubPath(volume: string, subPath: string, target: string, writable: boolean): Promise<void> {
  const inside = await locate(volume, subPath, writable);
  const handle = await openInside(await realpath(volume), inside);
  try {
    if (await isMountPoint(target)) await unmount(target);
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    if (fstatSync(handle.fd).isDirectory()) await mkdir(target, { recursive: true });
    else await writeFile(target, '');
    await bindHandle(handle.fd, target);
  } finally {
    await handle.close();
  }
}

/** The path below the volume's real folder that `subPath` leads to, links (as in configMap volumes) resolved. */
async function locate(volume: string, subPath: string, writable: boolean): Promise<readonly string[]> {
  const segments = subPath.split('/').filter((part) => part !== '' && part !== '.');
  if (subPath.startsWith('/') || segments.includes('..')) throw new MountError(`subPath "${subPath}" must not leave the volume`);
  const root = await realpath(volume);
  let real = await realpath(join(root, ...segments)).catch(() => undefined);
  if (real === undefined && writable) {
    await makeInside(root, segments);
    real = await realpath(join(root, ...segments));
  }
  if (real === undefined) throw new MountError(`subPath "${subPath}" does not exist in the volume`);
  const inside = relative(root, real);
  // A name may begin with two dots, as the folders of a configMap's versions do.
  if (inside === '..' || inside.startsWith('../') || inside.startsWith('/')) throw new MountError(`subPath "${subPath}" leads out of the volume`);
  return inside === '' ? [] : inside.split('/');
}

async function openInside(root: string, segments: readonly string[]): Promise<FileHandle> {
  let handle = await open(root, pathOnly | constants.O_DIRECTORY);
  for (const part of segments) {
    const parent = handle;
    try {
      handle = await open(`/proc/self/fd/${parent.fd}/${part}`, pathOnly | noFollow);
    } finally {
      await parent.close();
    }
    if (fstatSync(handle.fd).isSymbolicLink()) {
      await handle.close();
      throw new MountError(`"${part}" in a subPath became a link`);
    }
  }
  return handle;
}

async function makeInside(root: string, segments: readonly string[]): Promise<void> {
  let handle = await open(root, pathOnly | constants.O_DIRECTORY);
  try {
    for (const part of segments) {
      const path = `/proc/self/fd/${handle.fd}/${part}`;
      await mkdir(path, { mode: 0o750 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      const next = await open(path, pathOnly | noFollow);
      await handle.close();
      handle = next;
      if (!fstatSync(handle.fd).isDirectory()) throw new MountError(`"${part}" in a subPath is not a folder`);
    }
  } finally {
    await handle.close();
  }
}
