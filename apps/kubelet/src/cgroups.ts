import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodLimits } from './spec/resources.ts';
import { cpuShares } from './spec/resources.ts';

/** The cgroup of each pod, above those of its containers: made here with the pod's limits, and removed here, since no runtime does. */
export class Cgroups {
  readonly #hierarchies: ReadonlyMap<string, string>;

  /** `mountinfo` is the text of /proc/self/mountinfo. */
  constructor(mountinfo: string) {
    this.#hierarchies = hierarchiesOf(mountinfo);
  }

  static ofThisMachine(): Cgroups {
    return new Cgroups(readFileSync('/proc/self/mountinfo', 'utf8'));
  }

  /** Makes a pod's cgroup and writes its limits. `path` begins with a slash. */
  async create(path: string, limits: PodLimits): Promise<void> {
    const cpu = this.#hierarchies.get('cpu');
    const memory = this.#hierarchies.get('memory');
    if (cpu !== undefined) {
      await mkdir(join(cpu, path), { recursive: true });
      await writeFile(join(cpu, path, 'cpu.shares'), String(limits.cpuShares === 0 ? cpuShares(0n) : limits.cpuShares));
      await writeFile(join(cpu, path, 'cpu.cfs_quota_us'), String(limits.cpuQuota === 0 ? -1 : limits.cpuQuota));
    }
    if (memory !== undefined) {
      await mkdir(join(memory, path), { recursive: true });
      await writeFile(join(memory, path, 'memory.limit_in_bytes'), String(limits.memoryLimitBytes === 0 ? -1 : limits.memoryLimitBytes));
    }
    const unified = this.#hierarchies.get('unified');
    if (unified !== undefined && cpu === undefined) await this.#createUnified(unified, path, limits);
  }

  /** Removes a pod's cgroup with what containers left below it, in every hierarchy. Idempotent. */
  async remove(path: string): Promise<void> {
    for (const root of new Set(this.#hierarchies.values())) await removeTree(join(root, path));
  }

  /** The names of the cgroups right below `path`, in any hierarchy. */
  async list(path: string): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const root of new Set(this.#hierarchies.values())) {
      for (const entry of await readdir(join(root, path), { withFileTypes: true }).catch(() => [])) if (entry.isDirectory()) names.add(entry.name);
    }
    return [...names];
  }

  async #createUnified(root: string, path: string, limits: PodLimits): Promise<void> {
    const directory = join(root, path);
    await mkdir(directory, { recursive: true });
    // Without delegation to the parent the files are not there; the limits of the containers hold all the same.
    if (limits.cpuQuota > 0 && existsSync(join(directory, 'cpu.max'))) await writeFile(join(directory, 'cpu.max'), `${limits.cpuQuota} 100000`);
    if (limits.memoryLimitBytes > 0 && existsSync(join(directory, 'memory.max'))) await writeFile(join(directory, 'memory.max'), String(limits.memoryLimitBytes));
  }
}

/** Controller → mount point; `unified` for version 2. */
function hierarchiesOf(mountinfo: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of mountinfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const point = left.split(' ')[4];
    const [type, , options = ''] = right.split(' ');
    if (point === undefined) continue;
    if (type === 'cgroup2') found.set('unified', point);
    if (type === 'cgroup') for (const option of options.split(',')) if (option !== 'rw' && option !== 'ro') found.set(option, point);
  }
  return found;
}

async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(directory, entry.name));
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new Error(`cannot remove cgroup ${directory}: ${error.code ?? error.message}`, { cause: error });
  });
}
