import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from './file-lock.ts';
import { natBefore, restoreNat, type NatBefore } from './host-port-chains.ts';

/**
 * What the clusters of one machine share: the settings they changed, and who still needs them.
 * `before.json` holds what was there before the first came; `clusters/<id>` what each that is up has taken.
 * Settings belong to a network namespace, so each has a folder of its own.
 */
const top = '/run/rhythm-host';
const folder = join(top, /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0] ?? 'net');

/** Settings as they were before any cluster came. */
export interface HostBefore {
  /** sysctl path below /proc/sys to its value. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Folders that did not exist, outermost first; removed again when they are empty. */
  readonly absentFolders: readonly string[];
  readonly nat?: NatBefore;
}

/** What every cluster needs set. */
const sysctls: Readonly<Record<string, string>> = { 'net/ipv4/ip_forward': '1' };

/** Folders with fixed paths in containerd's shim and in libcni, that only they make. */
const sharedFolders = ['/run/containerd', '/run/containerd/s', '/var/lib/cni', '/var/lib/cni/results', '/run/netns'];

/** One at a time over all clusters of the machine: for choosing ranges and ports, and for what they share. */
export async function withHostLock<T>(work: () => Promise<T>): Promise<T> {
  const lock = await lockFile('/run', true);
  try {
    return await work();
  } finally {
    await lock?.release();
  }
}

/** What a cluster that is up has taken of the machine's address space; a range of services has no route that would tell. */
export interface LiveCluster {
  readonly id: string;
  readonly dir: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** The other clusters that are up. */
export function liveClusters(exceptId: string): readonly LiveCluster[] {
  const clusters = join(folder, 'clusters');
  if (!existsSync(clusters)) return [];
  return readdirSync(clusters)
    .filter((id) => id !== exceptId)
    .flatMap((id) => readMarker(join(clusters, id)) ?? []);
}

/** What a marker says; nothing when its cluster's folder is gone, or it was torn by a machine that stopped. */
function readMarker(file: string): LiveCluster | undefined {
  try {
    const cluster = JSON.parse(readFileSync(file, 'utf8')) as LiveCluster;
    return existsSync(join(cluster.dir, 'config.json')) ? cluster : undefined;
  } catch {
    return undefined;
  }
}

/** Registers a cluster and sets what it needs. Call under the host lock. */
export async function enterHost({ id, dir, podCidr, serviceCidr }: LiveCluster): Promise<void> {
  mkdirSync(join(folder, 'clusters'), { recursive: true, mode: 0o700 });
  if (!existsSync(join(folder, 'before.json'))) {
    const before: HostBefore = {
      sysctls: Object.fromEntries(Object.keys(sysctls).map((name) => [name, readSysctl(name)])),
      absentFolders: sharedFolders.filter((path) => !existsSync(path)),
      nat: await natBefore(),
    };
    writeFileSync(join(folder, 'before.json'), JSON.stringify(before), { mode: 0o600 });
  }
  writeFileSync(join(folder, 'clusters', id), JSON.stringify({ id, dir, podCidr, serviceCidr }));
  for (const [name, value] of Object.entries(sysctls)) {
    if (readSysctl(name) !== value) writeFileSync(join('/proc/sys', name), value);
  }
}

/** Takes a cluster out; the last one puts everything back as it was. Call under the host lock. */
export async function leaveHost(id: string): Promise<void> {
  if (!existsSync(folder)) return;
  rmSync(join(folder, 'clusters', id), { force: true });
  if (liveClusters(id).length > 0) return;
  const before = JSON.parse(readFileSync(join(folder, 'before.json'), 'utf8')) as HostBefore;
  for (const [name, value] of Object.entries(before.sysctls)) if (readSysctl(name) !== value) writeFileSync(join('/proc/sys', name), value);
  if (before.nat !== undefined) await restoreNat(before.nat);
  for (const path of before.absentFolders.toReversed()) removeIfEmpty(path);
  rmSync(folder, { recursive: true });
  removeIfEmpty(top);
}

function readSysctl(name: string): string {
  return readFileSync(join('/proc/sys', name), 'utf8').trim();
}

function removeIfEmpty(path: string): void {
  if (existsSync(path) && readdirSync(path).length === 0) rmSync(path, { recursive: true });
}
