import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Removes a container's log with its rotated parts (`0.log`, `0.log.20261122-130000`, …). */
export async function removeLogs(path: string): Promise<void> {
  const folder = dirname(path);
  const name = basename(path);
  for (const entry of await readdir(folder).catch(() => [])) {
    if (entry === name || entry.startsWith(`${name}.`)) await rm(join(folder, entry), { force: true });
  }
}
