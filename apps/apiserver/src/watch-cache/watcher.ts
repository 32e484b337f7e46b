import { ApiError } from '@rhythm/api';
import { limits } from '../limits.ts';
import { wanted, type Filter } from './filter.ts';
import type { Change, ObjectEvent } from './history.ts';

/** What a watch is told. A bookmark says that everything up to `revision` was told. */
export type CacheEvent =
  | ObjectEvent
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean };

/** How a change looks through a filter; `undefined`: not at all. */
export function seenThrough(filter: Filter, change: Change): CacheEvent | undefined {
  const now = change.current !== undefined && wanted(filter, change.current) ? change.current : undefined;
  const before = change.previous !== undefined && wanted(filter, change.previous);
  if (now !== undefined) return change.told(before ? 'MODIFIED' : 'ADDED');
  return before ? change.told('DELETED') : undefined;
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
    if (event !== undefined) this.#push(event, bytesOf(event));
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
    this.#wakeUp();
  }

  /** What is to be told now, some of it; `undefined` when there is nothing. @throws ApiError that ended the watch, after the last event. */
  next(): readonly CacheEvent[] | undefined {
    if (this.#initialAt < this.#initial.length) return this.#nextInitial();
    if (this.#initial.length > 0) {
      this.#initial = [];
      this.#initialAt = 0;
    }
    if (this.#queue.length > 0) return this.#nextQueued();
    if (this.#ended && this.#error !== undefined) throw this.#error;
    return undefined;
  }

  /** Calls `wake` once, when there is more to be told or the watch has ended. */
  whenReady(wake: () => void): void {
    this.#wake = wake;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly CacheEvent[]> {
    try {
      for (;;) {
        const batch = this.next();
        if (batch !== undefined) yield batch;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => this.whenReady(resolve));
      }
    } finally {
      this.end();
    }
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** All that waits, or as much of it as is handed on at a time. */
  #nextQueued(): readonly CacheEvent[] {
    const waiting = this.#queue;
    if (this.#queueBytes <= limits.chunkBytes) {
      this.#queue = [];
      this.#queueBytes = 0;
      return waiting;
    }
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && bytes < limits.chunkBytes) bytes += bytesOf(waiting[count++]);
    this.#queue = waiting.slice(count);
    this.#queueBytes -= bytes;
    return waiting.slice(0, count);
  }

  #nextInitial(): CacheEvent[] {
    const batch: CacheEvent[] = [];
    for (let bytes = 0; this.#initialAt < this.#initial.length && bytes < limits.chunkBytes; this.#initialAt++) {
      const event = this.#initial[this.#initialAt];
      if (event === undefined) continue;
      batch.push(event);
      bytes += bytesOf(event);
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
    this.#wakeUp();
  }
}

function bytesOf(event: CacheEvent | undefined): number {
  return event === undefined || event.type === 'BOOKMARK' ? 0 : event.entry.bytes.length;
}
