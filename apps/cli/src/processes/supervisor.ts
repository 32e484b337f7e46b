import { backoffDelay, type Clock, type Log, type Random } from '@rhythm/base';
import { rmSync } from 'node:fs';
import { restorePidFiles } from './find-process.ts';
import { launch, type ProcessFolders, type ProcessSpec } from './launch.ts';
import { readPidFile } from './pid-file.ts';

/** How often the supervisor looks at its processes; the end of one that it started itself it sees at once. */
const pollMs = 250;
/** A process is started again at once, and one that dies again and again with these pauses; with the poll, always within 10 s. */
const backoff = { initialMs: 250, maxMs: 8_000, factor: 2, jitter: 0.1 };
/** A process that ran this long has recovered. */
const stableMs = 30_000;

interface Watched {
  readonly spec: ProcessSpec;
  failures: number;
  startedAt: number;
  /** When it may be started again. */
  notBefore: number;
}

export interface SupervisorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly launch?: typeof launch;
}

/**
 * Keeps processes running: whichever is not alive is started again, with back-off. It owns nothing: when it
 * dies the processes run on, and the next one takes them over by their pid files.
 */
export async function supervise(folders: ProcessFolders, specs: readonly ProcessSpec[], ports: SupervisorPorts, signal: AbortSignal): Promise<void> {
  const { clock } = ports;
  const watched: readonly Watched[] = specs.map((spec) => ({ spec, failures: 0, startedAt: clock.monotonic(), notBefore: 0 }));
  let round = new AbortController();
  const wake = (): void => round.abort(new Error('there is something to do'));
  signal.addEventListener('abort', wake, { once: true });
  while (!signal.aborted) {
    round = new AbortController();
    for (const process of watched) await look(folders, process, ports, wake);
    if (!signal.aborted) await clock.sleep(pollMs, round.signal).catch(() => undefined);
  }
}

async function look(folders: ProcessFolders, process: Watched, ports: SupervisorPorts, onEnd: () => void): Promise<void> {
  const { clock, log, random } = ports;
  const now = clock.monotonic();
  if (readPidFile(folders.run, process.spec.name) !== undefined) {
    if (process.failures > 0 && now - process.startedAt > stableMs) process.failures = 0;
    process.notBefore = 0;
    return;
  }
  if (process.notBefore === 0) {
    if (restorePidFiles(folders, [process.spec]).length > 0) {
      log.warn('a process ran without its pid file, which is written again', { process: process.spec.name });
      return;
    }
    const delay = process.failures === 0 ? 0 : backoffDelay(backoff, process.failures - 1, random);
    process.notBefore = now + delay;
    log.warn('process is not running', { process: process.spec.name, restartInMs: Math.round(delay) });
  }
  if (now < process.notBefore) return;
  process.failures++;
  process.startedAt = now;
  process.notBefore = 0;
  try {
    if (process.spec.endpointFile !== undefined) rmSync(process.spec.endpointFile, { force: true });
    const { pid } = await (ports.launch ?? launch)(folders, process.spec, (code, killed) => {
      log.warn('process ended', { process: process.spec.name, code, signal: killed });
      onEnd();
    });
    log.info('process started again', { process: process.spec.name, pid });
  } catch (error) {
    log.error('process cannot be started', { process: process.spec.name, error });
  }
}
