import type { Clock, Timer } from '@rhythm/base';

export interface WorkQueueOptions {
  readonly clock: Pick<Clock, 'setTimer' | 'monotonic'>;
  /** The first retry of a key waits this long, each further one twice as long; default 5 ms. */
  readonly retryInitialMs?: number;
  /** Default 1000 s. */
  readonly retryMaxMs?: number;
}

interface Delayed {
  readonly at: number;
  readonly timer: Timer;
}

/**
 * Keys waiting for a worker, first come first served.
 *
 * 1. A key is in it at most once, however often it is added.
 * 2. A key is with at most one worker; added meanwhile, it is queued again when that worker is done.
 * 3. No add is lost. The length is bounded by the number of objects that exist, as keys are not repeated.
 */
export class WorkQueue {
  readonly #clock: Pick<Clock, 'setTimer' | 'monotonic'>;
  readonly #retryInitialMs: number;
  readonly #retryMaxMs: number;
  /** Insertion order is the order of the queue. */
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  /** Added while with a worker. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #idle: Array<(key: string | undefined) => void> = [];
  #shut = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#retryInitialMs = options.retryInitialMs ?? 5;
    this.#retryMaxMs = options.retryMaxMs ?? 1_000_000;
  }

  /** Keys that wait for a worker now. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Nothing waits, nothing is worked on; keys added for later do not count. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0;
  }

  add(key: string): void {
    if (this.#shut) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const worker = this.#waiting.has(key) ? undefined : this.#idle.shift();
    if (worker === undefined) this.#waiting.add(key);
    else {
      this.#working.add(key);
      worker(key);
    }
  }

  /** Adds the key after a while; of several such adds the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#shut) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    earlier?.timer.cancel();
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  /** Adds a key that failed, later with each failure in a row. Returns the delay in milliseconds. */
  retry(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delayMs = Math.min(this.#retryMaxMs, this.#retryInitialMs * 2 ** Math.min(failures, 40));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key's failures are over. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, for a worker that calls `done` with it; `undefined` once the queue is shut. */
  next(): Promise<string | undefined> {
    if (this.#shut) return Promise.resolve(undefined);
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#working.add(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  done(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Forgets everything and lets the workers go. */
  shutDown(): void {
    this.#shut = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (const worker of this.#idle.splice(0)) worker(undefined);
  }
}
