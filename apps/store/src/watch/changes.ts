import { keyRange, Watchers, type KeyRange, type StoredEvent } from '@rhythm/mvcc';
import { etcdError } from '../services/errors.ts';
import type { Listener } from '../host/options.ts';

/** Waits at a time; more are refused. */
const waitsMax = 20_000;

interface Wait {
  readonly range: KeyRange;
  readonly deletesOnly: boolean;
  done(error?: Error): void;
}

/** Waits for the next change of keys, as locks and elections do: no history, no queue, one wake-up each. */
export class Changes {
  readonly #waits = new Watchers<Wait>();
  readonly #all = new Set<Wait>();
  readonly #unsubscribe: () => void;

  constructor(host: { onApplied(listener: Listener): () => void }) {
    this.#unsubscribe = host.onApplied({ applied: (events) => this.#publish(events), installed: () => this.#wakeAll() });
  }

  /**
   * Resolves at the next change of one of the keys, or deletion where only those are wanted. To be called in the same turn
   * in which the state was read. Rejects with the signal's reason when it aborts first, and when the store stops.
   */
  next(key: Uint8Array, rangeEnd: Uint8Array, signal: AbortSignal, deletesOnly = false): Promise<void> {
    if (this.#all.size >= waitsMax) throw etcdError('TooManyRequests');
    return new Promise((resolve, reject) => {
      const onAbort = (): void => wait.done(signal.reason as Error);
      const wait: Wait = {
        range: keyRange(key, rangeEnd),
        deletesOnly,
        done: (error) => {
          this.#all.delete(wait);
          this.#waits.delete(wait.range, wait);
          signal.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#all.add(wait);
      this.#waits.add(wait.range, wait);
    });
  }

  stop(): void {
    this.#unsubscribe();
    for (const wait of this.#all) wait.done(etcdError('Stopped'));
  }

  /** Another state is in place: what has changed in it cannot be told one by one. */
  #wakeAll(): void {
    for (const wait of this.#all) wait.done();
  }

  #publish(events: readonly StoredEvent[]): void {
    for (const [wait, matched] of this.#waits.match(events)) {
      if (!wait.deletesOnly || matched.some(({ type }) => type === 'delete')) wait.done();
    }
  }
}
