import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import type { ProcessFolders, ProcessSpec } from './launch.ts';
import { readPidFile, writePidFile } from './pid-file.ts';
import { processId, type ProcessId } from './process-id.ts';

/**
 * Writes again the pid files of processes that run without one, found by their command lines: whoever clears
 * `DIR/run` must not get a second scheduler beside the first. Gives the names of those that were found so.
 */
export function restorePidFiles(folders: Pick<ProcessFolders, 'run'>, specs: readonly ProcessSpec[]): readonly string[] {
  const missing = specs.filter(({ name }) => readPidFile(folders.run, name) === undefined);
  if (missing.length === 0) return [];
  const found = new Map<string, ProcessId>();
  for (const id of ownProcesses()) {
    const line = commandLine(id.pid);
    const spec = missing.find(({ command, args }) => line === [command, ...args, ''].join('\0'));
    const known = spec === undefined ? undefined : found.get(spec.name);
    // Of several the oldest: it holds the ports and the locks.
    if (spec !== undefined && (known === undefined || Number(id.startTicks) < Number(known.startTicks))) found.set(spec.name, id);
  }
  for (const [name, id] of found) writePidFile(folders.run, name, id);
  return [...found.keys()];
}

/** Processes of our user outside containers: in a pod anybody may call himself what he likes. */
function ownProcesses(): readonly ProcessId[] {
  const mounts = readlinkSync('/proc/self/ns/mnt');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return statSync(`/proc/${pid}`).uid === process.getuid?.() && readlinkSync(`/proc/${pid}/ns/mnt`) === mounts ? (processId(Number(pid)) ?? []) : [];
      } catch {
        // It has gone meanwhile.
        return [];
      }
    });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
