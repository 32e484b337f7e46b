import { existsSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** The folders of a cgroup: one on version 2, one per hierarchy on version 1. */
export function cgroupFolders(name: string): readonly string[] {
  const hierarchies = existsSync(join(root, 'cgroup.controllers')) ? [root] : readdirSync(root).map((hierarchy) => join(root, hierarchy));
  return hierarchies.map((hierarchy) => join(hierarchy, name)).filter((folder) => existsSync(folder));
}

/** Processes in a cgroup and below it, over all hierarchies. */
export function cgroupProcesses(name: string): ReadonlySet<number> {
  const pids = cgroupFolders(name).flatMap((folder) => descend(folder)).flatMap((folder) => readLines(join(folder, 'cgroup.procs')).map(Number));
  return new Set(pids);
}

/** Removes an empty cgroup and those below it; one that still has processes stays. */
export function removeCgroup(name: string): void {
  for (const folder of cgroupFolders(name).flatMap((top) => descend(top))) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new Error(`cannot remove the cgroup ${folder}`, { cause: error });
    }
  }
}

/** A folder and those below it, deepest first. */
function descend(folder: string): readonly string[] {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((child) => descend(join(folder, child.name))), folder];
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
