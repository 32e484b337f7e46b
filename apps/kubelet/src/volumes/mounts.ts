import { readFile } from 'node:fs/promises';
import { runCommand } from '../run-command.ts';

/** The mount points of this machine at or below `directory`, deepest first. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const points: string[] = [];
  for (const line of (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')) {
    const point = unescape(line.split(' ')[4] ?? '');
    if (point === directory || point.startsWith(`${directory}/`)) points.push(point);
  }
  return points.toSorted((a, b) => b.length - a.length);
}

export async function isMountPoint(path: string): Promise<boolean> {
  return (await mountsBelow(path)).includes(path);
}

/** A file system in memory; `sizeBytes` absent: the kernel's default, half the memory. */
export async function mountMemory(directory: string, mode: string, sizeBytes?: bigint): Promise<void> {
  const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`;
  await runCommand('mount', ['-t', 'tmpfs', '-o', `mode=${mode},nosuid,nodev${size}`, 'tmpfs', directory]);
}

/** Binds an open file or directory, so that no path is resolved again. */
export async function bindHandle(handle: number, target: string): Promise<void> {
  await runCommand('mount', ['-c', '--bind', `/proc/${process.pid}/fd/${handle}`, target]);
}

export async function unmount(path: string): Promise<void> {
  await runCommand('umount', [path]);
}

/** Unmounts everything below a directory. Idempotent. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const point of await mountsBelow(directory)) await unmount(point);
}

/** mountinfo writes space, tab, newline and backslash as octal (proc(5)). */
const unescape = (text: string): string => text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
