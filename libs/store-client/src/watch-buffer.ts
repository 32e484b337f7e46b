import { StoreError, type StoreEvent, type WatchBatch } from './store.ts';

/** Events a consumer may be behind before its watch is ended. */
export const watchBufferEventsMax = 100_000;

/**
 * The events of one watch between whoever delivers them and whoever reads them. What arrives while nobody reads is
 * merged into one batch; a consumer that is too far behind is told to start anew rather than buffered without limit.
 */
export class WatchBuffer implements AsyncIterable<WatchBatch> {
  #events: StoreEvent[] = [];
  #revision = 0;
  #fresh = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #onClose: () => void;

  /** `onClose` is called once, when the consumer stops reading or the watch ends. */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  push(events: readonly StoreEvent[], revision: number): void {
    if (this.#ended) return;
    if (this.#events.length + events.length > watchBufferEventsMax) {
      this.end(new StoreError('Unavailable', `the watch is more than ${watchBufferEventsMax} events behind and was ended`));
      return;
    }
    if (this.#events.length === 0) this.#events = [...events];
    else for (const event of events) this.#events.push(event);
    this.#revision = Math.max(this.#revision, revision);
    this.#fresh = true;
    this.#wake?.();
  }

  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
    this.#onClose();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchBatch> {
    try {
      for (;;) {
        if (this.#fresh) {
          const batch = { events: this.#events, revision: this.#revision };
          this.#events = [];
          this.#fresh = false;
          yield batch;
          continue;
        }
        if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.end();
    }
  }
}
