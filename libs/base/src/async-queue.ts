/** The queue is full: its producer must stop, or its consumer is dropped. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/**
 * A bounded queue between one or more producers and one async consumer.
 * `push` throws `QueueFullError` at `lengthMax`: nothing here buffers without limit.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #lengthMax: number;
  #waiting: { resolve(result: IteratorResult<T>): void; reject(error: Error): void } | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  get length(): number {
    return this.#items.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#waiting !== undefined) {
      this.#waiting.resolve({ value: item, done: false });
      this.#waiting = undefined;
      return;
    }
    if (this.#items.length >= this.#lengthMax) throw new QueueFullError(`queue is full at ${this.#lengthMax} items`);
    this.#items.push(item);
  }

  /** No more items will come; those queued are still delivered, then `error` is thrown if given. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    if (this.#waiting === undefined) return;
    if (error === undefined) this.#waiting.resolve({ value: undefined, done: true });
    else this.#waiting.reject(error);
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#items.length > 0) return Promise.resolve({ value: this.#items.shift() as T, done: false });
    if (this.#ended) {
      const error = this.#error;
      this.#error = undefined;
      if (error !== undefined) return Promise.reject(error);
      return Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => this.next(),
      return: () => {
        this.end();
        this.#items.length = 0;
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }
}
