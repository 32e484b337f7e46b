import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { causeChain, formatTime, type Clock, type Log } from '@rhythm/base';
import type { Runtime } from '@rhythm/cri';

/** Kubernetes' defaults: ten mebibytes, five files with the one being written. */
export const logBytesMax = 10 * 1024 * 1024;
export const logFilesMax = 5;
const lookMs = 10_000;

export interface RotatedLog {
  readonly containerId: string;
  readonly path: string;
}

/** Keeps the logs of running containers below their limit. */
export class LogRotation {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #abort = new AbortController();

  constructor(runtime: Runtime, clock: Clock, log: Log) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#log = log;
  }

  /** Looks every ten seconds, until `stop`. */
  async run(logs: () => readonly RotatedLog[]): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#clock.sleep(lookMs, signal).catch(() => undefined);
      for (const log of signal.aborted ? [] : logs()) {
        await this.rotate(log).catch((error: unknown) => this.#log.warn('log not rotated', { path: log.path, error: causeChain(error) }));
      }
    }
  }

  stop(): void {
    this.#abort.abort(new Error('the kubelet stops'));
  }

  /** Renames a log that is too long and has the runtime begin a new one; too old ones go. */
  async rotate({ containerId, path }: RotatedLog, bytesMax = logBytesMax): Promise<boolean> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.size < bytesMax) return false;
    const name = basename(path);
    const old = (await readdir(dirname(path))).filter((entry) => entry.startsWith(`${name}.`)).toSorted();
    for (const entry of old.slice(0, Math.max(0, old.length - (logFilesMax - 2)))) await rm(join(dirname(path), entry), { force: true });
    const aside = `${path}.${formatTime(this.#clock.now()).replaceAll(/[-:Z]/g, '').replace('T', '-')}`;
    await rename(path, aside);
    try {
      await this.#runtime.reopenLog(containerId);
    } catch (error) {
      // The runtime still writes to the old file: put it back where readers look.
      await rename(aside, path);
      throw error;
    }
    return true;
  }
}
