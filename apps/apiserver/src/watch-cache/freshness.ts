import { causeChain, type Clock, type Log, type Timer } from '@rhythm/base';
import type { Store } from '@rhythm/store-client';
import { limits } from '../limits.ts';

interface Waiting {
  readonly revision: number;
  resolve(fresh: boolean): void;
  readonly timer: Timer;
}

/**
 * Readers that wait until their cache has seen a revision (design, decision 5). Bounded: a reader that waited
 * `freshnessWaitMs` goes to the store instead. In mode `requested` one progress request serves all who wait.
 */
export class Freshness {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  #revision = 0;
  #waiting = new Set<Waiting>();
  #asking: Timer | undefined;

  constructor(store: Store, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** All changes of the resource up to here are in the cache. */
  get revision(): number {
    return this.#revision;
  }

  reached(revision: number): void {
    this.#revision = revision;
    for (const reader of this.#waiting) {
      if (reader.revision > revision) continue;
      this.#waiting.delete(reader);
      reader.timer.cancel();
      reader.resolve(true);
    }
    if (this.#waiting.size === 0) this.#stopAsking();
  }

  /** False when the wait was too long, or the caller has gone. */
  wait(revision: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#revision >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting.delete(reader);
        reader.timer.cancel();
        if (this.#waiting.size === 0) this.#stopAsking();
        resolve(false);
      };
      const reader: Waiting = {
        revision,
        resolve: (fresh) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(fresh);
        },
        timer: this.#clock.setTimer(limits.freshnessWaitMs, () => {
          signal?.removeEventListener('abort', giveUp);
          giveUp();
        }),
      };
      this.#waiting.add(reader);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#ask();
    });
  }

  /** A request gets its answer when the watch has caught up, which may need another one. */
  #ask(): void {
    if (this.#asking !== undefined || this.#store.progressMode() !== 'requested') return;
    this.#asking = this.#clock.setTimer(limits.progressRequestMs, () => {
      this.#asking = undefined;
      if (this.#waiting.size > 0) this.#ask();
    });
    this.#store.requestProgress().catch((error: unknown) => this.#log.warn('progress request failed', { error: causeChain(error) }));
  }

  #stopAsking(): void {
    this.#asking?.cancel();
    this.#asking = undefined;
  }
}
