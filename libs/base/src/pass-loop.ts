import { backoffDelay, type BackoffOptions } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import type { Random } from './random.ts';

export interface PassLoopOptions {
  /** Looks at everything as it is now and puts it right. Rejects when it has to be tried again; the signal aborts when the loop stops. */
  readonly pass: (signal: AbortSignal) => Promise<void>;
  /** Told of each failure before the pause that follows it, unless the loop is stopping. Must not reject. */
  readonly failed: (error: unknown) => void | Promise<void>;
  /** The pauses after failures; one success begins them anew. */
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** Waited before each pass, in milliseconds: what comes in a burst is looked at once. Default 0. */
  readonly gatherMs?: number;
  /** Waited after each pass that succeeded, in milliseconds: for passes that are triggered far more often than they have something to do. Default 0. */
  readonly restMs?: number;
  /** A pass is also made when none was for so long, in milliseconds; counted from the first trigger. Default: never. */
  readonly everyMs?: number;
}

/**
 * One pass at a time, whenever something has changed: triggered while one is under way or failed, there is another behind it. The loop of everything that is
 * level-triggered as a whole; what is reconciled object by object has a work queue instead.
 */
export class PassLoop {
  readonly #options: PassLoopOptions;
  readonly #stop = new AbortController();
  #isDue = false;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(options: PassLoopOptions) {
    this.#options = options;
  }

  /** Aborts when the loop stops. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Something may have changed: a pass begins, or one more behind the one that is under way. Without effect once the loop has been stopped. */
  trigger(): void {
    if (this.#stop.signal.aborted) return;
    this.#isDue = true;
    this.#running ??= this.#run();
  }

  /** Aborts the pass that is under way and resolves when it has ended. */
  async stop(reason: Error): Promise<void> {
    this.#stop.abort(reason);
    this.#timer?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { gatherMs = 0, restMs = 0, everyMs, clock } = this.#options;
    this.#timer?.cancel();
    for (let failures = 0; this.#isDue && !this.#stop.signal.aborted; ) {
      if (gatherMs > 0) await this.#pause(gatherMs);
      const isDone = await this.#pass(failures);
      failures = isDone ? 0 : failures + 1;
      if (isDone && restMs > 0) await this.#pause(restMs);
    }
    // At once: whoever triggers now begins anew.
    this.#running = undefined;
    if (everyMs !== undefined && !this.#stop.signal.aborted) this.#timer = clock.setTimer(everyMs, () => this.trigger());
  }

  /** Whether it succeeded. */
  async #pass(failures: number): Promise<boolean> {
    const { pass, failed, backoff, random } = this.#options;
    const { signal } = this.#stop;
    if (signal.aborted) return false;
    this.#isDue = false;
    try {
      await pass(signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.#isDue = true;
      await failed(error);
      await this.#pause(backoffDelay(backoff, failures, random));
      return false;
    }
  }

  /** Ends early when the loop stops. */
  #pause(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#stop.signal).catch(() => undefined);
  }
}
