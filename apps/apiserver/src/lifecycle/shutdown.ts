import type { Clock, Log } from '@rhythm/base';
import type { HealthCheck } from '../http/health.ts';

export interface ShutdownConfig {
  /** How long the server goes on as before, only not ready any more, so that whoever watches that sends nothing new. */
  readonly delayMs: number;
  /** How long requests under way may then take to finish. */
  readonly drainMs: number;
}

/** All within the five seconds that every process has to stop. */
export const shutdownDefaults: ShutdownConfig = { delayMs: 0, drainMs: 3_000 };

export interface ShutdownPorts {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
  /** From now on connections are closed after their reply. */
  lastReplies(): void;
  /** Tells the others that nobody is to be sent here any more. Does not reject. */
  leave?(): Promise<void>;
  /** Ends watches in peace, some at a time. */
  endWatches(): Promise<void>;
  /** Takes no more; resolves when the last request is answered, or after so long. */
  drain(ms: number): Promise<void>;
  /** Ends what is left. */
  end(): Promise<void>;
}

/** The order in which a server stops, as in Kubernetes: not ready; wait; take no more; end watches; let the rest finish. Once. */
export class Shutdown {
  readonly #config: ShutdownConfig;
  #running: Promise<void> | undefined;

  constructor(config: ShutdownConfig) {
    this.#config = config;
  }

  /** Of /readyz. */
  get check(): HealthCheck {
    return {
      name: 'shutdown',
      check: () => {
        if (this.#running !== undefined) throw new Error('process is shutting down');
      },
    };
  }

  run(ports: ShutdownPorts): Promise<void> {
    this.#running ??= this.#run(ports);
    return this.#running;
  }

  async #run(ports: ShutdownPorts): Promise<void> {
    const { delayMs, drainMs } = this.#config;
    ports.lastReplies();
    const left = ports.leave?.();
    if (delayMs > 0) {
      ports.log.info('no longer ready: stopping after a delay', { delayMs });
      await ports.clock.sleep(delayMs);
    }
    await Promise.all([left, ports.drain(drainMs), ports.endWatches()]);
    await ports.end();
  }
}
