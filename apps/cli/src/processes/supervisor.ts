import { backoffDelay, type Clock, type Log, type Random } from '@rhythm/base';
import { rmSync } from 'node:fs';
import { launch, type ProcessFolders, type ProcessSpec } from './launch.ts';
import { readPidFile } from './pid-file.ts';

/** How often the supervisor looks at its processes. */
const pollMs = 500;
/** A process that dies again and again is started with these pauses; with the poll, always within 10 s. */
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
  while (!signal.aborted) {
    for (const process of watched) await look(folders, process, ports);
    await clock.sleep(pollMs, signal).catch(() => undefined);
  }
}

async function look(folders: ProcessFolders, process: Watched, ports: SupervisorPorts): Promise<void> {
  const { clock, log, random } = ports;
  const now = clock.monotonic();
  if (readPidFile(folders.run, process.spec.name) !== undefined) {
    if (process.failures > 0 && now - process.startedAt > stableMs) process.failures = 0;
    process.notBefore = 0;
    return;
  }
  if (process.notBefore === 0) {
    const delay = backoffDelay(backoff, process.failures, random);
    process.notBefore = now + delay;
    log.warn('process is not running', { process: process.spec.name, restartInMs: Math.round(delay) });
  }
  if (now < process.notBefore) return;
  process.failures++;
  process.startedAt = now;
  process.notBefore = 0;
  try {
    if (process.spec.endpointFile !== undefined) rmSync(process.spec.endpointFile, { force: true });
    const { pid } = await (ports.launch ?? launch)(folders, process.spec, (code, killed) => log.warn('process ended', { process: process.spec.name, code, signal: killed }));
    log.info('process started again', { process: process.spec.name, pid });
  } catch (error) {
    log.error('process cannot be started', { process: process.spec.name, error });
  }
}
