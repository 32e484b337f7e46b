import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessId } from './process-id.ts';

/**
 * `DIR/run/NAME.pid` holds the pid alone, for people and scripts; `NAME.proc` beside it what makes it certain.
 * Both are written by rename, `.proc` first: a `.pid` that does not fit its `.proc` is not believed.
 */
export function writePidFile(run: string, name: string, id: ProcessId): void {
  mkdirSync(run, { recursive: true, mode: 0o700 });
  replace(join(run, `${name}.proc`), JSON.stringify(id));
  replace(join(run, `${name}.pid`), String(id.pid));
}

/** The process of that name if it runs. */
export function readPidFile(run: string, name: string): ProcessId | undefined {
  try {
    const pid = Number(readFileSync(join(run, `${name}.pid`), 'utf8'));
    const id = JSON.parse(readFileSync(join(run, `${name}.proc`), 'utf8')) as ProcessId;
    return id.pid === pid && isAlive(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

export function removePidFile(run: string, name: string): void {
  rmSync(join(run, `${name}.pid`), { force: true });
  rmSync(join(run, `${name}.proc`), { force: true });
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, `${text}\n`, { mode: 0o644 });
  renameSync(`${path}.tmp`, path);
}
