/**
 * Items between a producer that can be held up and one consumer: `push` resolves when there is room for more, so awaiting
 * it is back-pressure.
 */
export class ByteQueue<T> implements AsyncIterable<T> {
  readonly #items: Array<{ readonly item: T; readonly bytes: number }> = [];
  readonly #bytesMax: number;
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wakeReader: (() => void) | undefined;
  #room: { readonly promise: Promise<void>; resolve(): void } | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#items.length;
  }

  get full(): boolean {
    return this.#bytes >= this.#bytesMax && !this.#ended;
  }

  /** Resolves at once unless the queue is full after it; never rejects. Items after the end are dropped. */
  push(item: T, bytes: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    this.#wakeReader?.();
    return this.full ? this.room() : Promise.resolve();
  }

  /** Resolves once there is room. */
  room(): Promise<void> {
    if (!this.full) return Promise.resolve();
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** What is queued is still delivered, then the reader ends, or gets `error`. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wakeReader?.();
    this.#makeRoom();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        const next = this.#items.shift();
        if (next !== undefined) {
          this.#bytes -= next.bytes;
          if (!this.full) this.#makeRoom();
          yield next.item;
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
        }
      }
    } finally {
      // A reader that leaves must not leave its producer waiting.
      this.end();
      this.#items.length = 0;
    }
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
