import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@rhythm/base';
import { readPidFile, removePidFile, writePidFile } from './pid-file.ts';
import { isAlive, processId, type ProcessId } from './process-id.ts';

/** One process of a cluster, and how it is started. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** A file the process writes once it serves; removed before each start. */
  readonly endpointFile?: string;
}

/** Folders that every process of a cluster uses. */
export interface ProcessFolders {
  readonly run: string;
  readonly logs: string;
}

/** What the children may see of our environment: never a credential that happens to be in it. */
const passedOn = ['PATH', 'HOME', 'NODE_OPTIONS', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/**
 * Starts a process in a session of its own, its output appended to `logs/NAME.log`, never a pipe:
 * it outlives us. Resolves when its pid file stands; `onExit` is told when it ends while we live.
 */
export function launch(folders: ProcessFolders, spec: ProcessSpec, onExit?: (code: number | null, signal: NodeJS.Signals | null) => void): Promise<ProcessId> {
  mkdirSync(folders.logs, { recursive: true, mode: 0o700 });
  const log = openSync(join(folders.logs, `${spec.name}.log`), 'a', 0o600);
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
    const child = spawn(spec.command, [...spec.args], { detached: true, stdio: ['ignore', log, log], cwd: '/', env });
    closeSync(log);
    child.on('error', (error) => reject(new Error(`cannot start ${spec.name}`, { cause: error })));
    child.on('exit', (code, signal) => onExit?.(code, signal));
    child.on('spawn', () => {
      child.unref();
      const id = processId(child.pid ?? 0);
      if (id === undefined) {
        reject(new Error(`${spec.name} ended at once: ${lastLogLine(folders, spec.name)}`));
        return;
      }
      writePidFile(folders.run, spec.name, id);
      resolve(id);
    });
  });
}

/** How often we look whether a process that is asked to stop has gone. */
const pollMs = 20;

/** Nobody survives this; but one that waits for a disk, or a machine that is busy, takes its time over it. */
const killedMsMax = 30_000;

/** SIGTERM, then after `graceMs` SIGKILL; removes the pid file. Does nothing when the process does not run. */
export async function stopProcess(clock: Clock, folders: ProcessFolders, name: string, graceMs: number): Promise<void> {
  const id = readPidFile(folders.run, name);
  if (id !== undefined) {
    signal(id, 'SIGTERM');
    if (!(await waitGone(clock, id, graceMs))) {
      signal(id, 'SIGKILL');
      await waitGone(clock, id, killedMsMax);
    }
  }
  removePidFile(folders.run, name);
}

/** Whether the process is gone within `withinMs`. */
export async function waitGone(clock: Clock, id: ProcessId, withinMs: number): Promise<boolean> {
  const end = clock.monotonic() + withinMs;
  while (isAlive(id)) {
    if (clock.monotonic() >= end) return false;
    await clock.sleep(pollMs);
  }
  return true;
}

/** Signals exactly this process; one that is gone needs none. */
export function signal(id: ProcessId, name: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const tailBytes = 8192;

/** The last line a process wrote that says something, in plain words: what to show when it did not come up. */
export function lastLogLine(folders: ProcessFolders, name: string): string {
  let text: string;
  try {
    const file = openSync(join(folders.logs, `${name}.log`), 'r');
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(tailBytes, size));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    closeSync(file);
    text = buffer.toString();
  } catch {
    return 'no log';
  }
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  try {
    const parsed = JSON.parse(line) as { msg?: unknown };
    return typeof parsed.msg === 'string' ? parsed.msg : line;
  } catch {
    return line;
  }
}
