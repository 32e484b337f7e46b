import { existsSync, mkdirSync, readFileSync, rmdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { effectiveCapabilities } from './network.ts';

/** What must be free below DIR before a cluster is started. */
export const diskBytesMin = 512 * 1024 * 1024;

/** Capabilities without which no container starts (capabilities(7)). */
const capabilitiesNeeded: ReadonlyArray<readonly [name: string, bit: bigint]> = [
  ['CAP_NET_ADMIN', 12n],
  ['CAP_SYS_ADMIN', 21n],
  ['CAP_SYS_CHROOT', 18n],
  ['CAP_MKNOD', 27n],
];

const controllersNeeded = ['cpu', 'memory', 'pids'];

/** Throws one line that says what to do when this process may not do what a node needs. */
export function checkRights(): void {
  if (process.platform !== 'linux') throw new Error('a node needs Linux: run rhythm on a Linux machine or in a virtual one');
  if (process.getuid?.() !== 0) throw new Error('containers and their network need root: run this command with sudo');
  const capabilities = effectiveCapabilities();
  const missing = capabilitiesNeeded.filter(([, bit]) => (capabilities & (1n << bit)) === 0n).map(([name]) => name);
  if (missing.length > 0) throw new Error(`this root lacks ${missing.join(', ')}: run rhythm outside the container, or give it these capabilities`);
}

/** Throws one line when `dir` is on a disk too full to start on. */
export function checkDisk(dir: string): void {
  const { bavail, bsize, files, ffree } = statfsSync(dir);
  const free = bavail * bsize;
  if (free < diskBytesMin) throw new Error(`the disk of ${dir} has ${megabytes(free)} free, a cluster needs ${megabytes(diskBytesMin)}: make room or choose another --dir`);
  if (files > 0 && ffree < 10_000) throw new Error(`the disk of ${dir} has ${ffree} inodes left: make room or choose another --dir`);
}

/** Throws one line when cgroups cannot hold containers here. */
export function checkCgroups(root = '/sys/fs/cgroup'): void {
  const unified = existsSync(join(root, 'cgroup.controllers'));
  const there = unified ? readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(' ') : controllersNeeded.filter((name) => existsSync(join(root, name, 'cgroup.procs')));
  const missing = controllersNeeded.filter((name) => !there.includes(name));
  if (missing.length > 0) throw new Error(`the kernel's cgroups have no ${missing.join(', ')} controller at ${root}: mount cgroups there`);
  const probe = join(root, unified ? '' : 'memory', `rhythm-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
  } catch (error) {
    throw new Error(`cannot make a cgroup in ${root}: it must be writable`, { cause: error });
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MB`;
}
