import { existsSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mountsBelow } from '../host/mounts.ts';

/** What a cluster writes into its folder; anything else there is somebody's and stays. */
const entries = ['config.json', 'admin.kubeconfig', 'lock', 'pki', 'run', 'logs', 'data', 'cni'];

/**
 * Deletes a cluster's folder. Refuses while something is mounted below it, stops at the edge of its file system,
 * and never follows a link.
 */
export function purge(dir: string): void {
  const mounts = mountsBelow(dir).filter((point) => point !== dir);
  if (mounts.length > 0) throw new Error(`${mounts[0] ?? ''} is mounted below ${dir}: unmount it before --purge`);
  const device = lstatSync(dir).dev;
  for (const name of entries) if (existsSync(join(dir, name))) remove(join(dir, name), device);
  if (readdirSync(dir).length === 0 && lstatSync(dir).dev === lstatSync(join(dir, '..')).dev) rmdirSync(dir);
}

function remove(path: string, device: number): void {
  const stat = lstatSync(path);
  if (stat.dev !== device) throw new Error(`${path} is on another file system: --purge stops there`);
  if (!stat.isDirectory()) {
    unlinkSync(path);
    return;
  }
  for (const name of readdirSync(path)) remove(join(path, name), device);
  rmdirSync(path);
}
