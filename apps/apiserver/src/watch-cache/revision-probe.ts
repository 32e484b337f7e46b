import type { Store } from '@rhythm/store-client';

/** Asks the store for its revision; callers that come while a question is under way share the next one. */
export class RevisionProbe {
  readonly #store: Store;
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A revision at which everything acknowledged before the call is visible. */
  current(): Promise<number> {
    if (this.#running === undefined) {
      this.#running = this.#ask();
      return this.#running;
    }
    // The running question may have been answered before this call: only one that starts later will do.
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<number> {
    this.#next = undefined;
    this.#running = this.#ask();
    return this.#running;
  }

  async #ask(): Promise<number> {
    try {
      const result = await this.#store.range('/registry/revision', { countOnly: true });
      return result.revision;
    } finally {
      if (this.#next === undefined) this.#running = undefined;
    }
  }
}
