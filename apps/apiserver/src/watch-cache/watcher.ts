import { ApiError } from '@rhythm/api';
import { limits } from '../limits.ts';
import type { Entry } from './entry.ts';
import { wanted, type Filter } from './filter.ts';
import type { Change } from './history.ts';

/** What a watch is told. A bookmark says that everything up to `revision` was told. */
export type CacheEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly entry: Entry }
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean };

/** How a change looks through a filter; `undefined`: not at all. */
export function seenThrough(filter: Filter, change: Change): CacheEvent | undefined {
  const now = change.current !== undefined && wanted(filter, change.current) ? change.current : undefined;
  const before = change.previous !== undefined && wanted(filter, change.previous);
  if (now !== undefined) return { type: before ? 'MODIFIED' : 'ADDED', entry: now };
  const gone = before ? change.gone() : undefined;
  return gone === undefined ? undefined : { type: 'DELETED', entry: gone };
}

/**
 * One watch: what there was at its start, then changes as they come. What was there at the start costs
 * nothing (the cache holds it anyway); what comes later is capped, and a watch that reads too slowly is ended.
 */
export class Watcher implements AsyncIterable<readonly CacheEvent[]> {
  readonly filter: Filter;
  readonly bookmarks: boolean;
  #initial: CacheEvent[];
  #initialAt = 0;
  /** Changes up to here are told already or not wanted. */
  #from: number;
  #queue: CacheEvent[] = [];
  #queueBytes = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: ApiError | undefined;
  readonly #onEnd: (watcher: Watcher) => void;

  constructor(filter: Filter, from: number, initial: CacheEvent[], options: { bookmarks: boolean; onEnd: (watcher: Watcher) => void }) {
    this.filter = filter;
    this.#from = from;
    this.#initial = initial;
    this.bookmarks = options.bookmarks;
    this.#onEnd = options.onEnd;
  }

  /** What there was at its start has been handed out. */
  get isStarted(): boolean {
    return this.#initialAt >= this.#initial.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  offer(change: Change): void {
    if (this.#ended || change.revision <= this.#from) return;
    const event = seenThrough(this.filter, change);
    if (event !== undefined && event.type !== 'BOOKMARK') this.#push(event, event.entry.bytes.length);
  }

  bookmark(revision: number): void {
    if (this.#ended || !this.bookmarks || revision < this.#from) return;
    this.#push({ type: 'BOOKMARK', revision, initialEventsEnd: false }, 0);
  }

  /** What is queued is still delivered, then `error` is thrown if given. */
  end(error?: ApiError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#onEnd(this);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly CacheEvent[]> {
    try {
      while (this.#initialAt < this.#initial.length) yield this.#nextInitial();
      this.#initial = [];
      for (;;) {
        if (this.#queue.length > 0) {
          const batch = this.#queue;
          this.#queue = [];
          this.#queueBytes = 0;
          yield batch;
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
    } finally {
      this.end();
    }
  }

  #nextInitial(): CacheEvent[] {
    const batch: CacheEvent[] = [];
    for (let bytes = 0; this.#initialAt < this.#initial.length && bytes < limits.chunkBytes; this.#initialAt++) {
      const event = this.#initial[this.#initialAt];
      if (event === undefined) continue;
      batch.push(event);
      bytes += event.type === 'BOOKMARK' ? 0 : event.entry.bytes.length;
    }
    return batch;
  }

  #push(event: CacheEvent, bytes: number): void {
    if (this.#queueBytes + bytes > limits.watchBacklogBytesMax || this.#queue.length >= limits.watchBacklogEventsMax) {
      this.#queue = [];
      this.end(new ApiError('Expired', `too old resource version: the watch fell behind by more than ${limits.watchBacklogBytesMax} bytes or ${limits.watchBacklogEventsMax} events`));
      return;
    }
    this.#queue.push(event);
    this.#queueBytes += bytes;
    this.#wake?.();
  }
}
