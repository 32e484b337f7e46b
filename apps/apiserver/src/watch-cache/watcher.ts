import type { ApiError } from '@rhythm/api';
import { limits } from '../limits.ts';
import type { Entry } from './entry.ts';
import { wanted, type Filter } from './filter.ts';
import type { Change, ObjectEvent } from './history.ts';
import type { Listener, Round, Rounds } from './rounds.ts';

/** What a watch is told. A bookmark says that everything up to `revision` was told. */
export type CacheEvent =
  | ObjectEvent
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean };

function revisionOf(event: CacheEvent): number {
  return event.type === 'BOOKMARK' ? event.revision : event.entry.revision;
}

/** How a change looks through a filter; `undefined`: not at all. */
export function seenThrough(filter: Filter, change: Change): CacheEvent | undefined {
  const now = change.current !== undefined && wanted(filter, change.current) ? change.current : undefined;
  const before = change.previous !== undefined && wanted(filter, change.previous);
  if (now !== undefined) return change.told(before ? 'MODIFIED' : 'ADDED');
  return before ? change.told('DELETED') : undefined;
}

export interface WatcherOptions {
  readonly bookmarks: boolean;
  readonly rounds: Pick<Rounds, 'add' | 'addNow'>;
  /** Told first. */
  readonly state?: readonly Entry[];
  readonly onEnd: (watcher: Watcher) => void;
}

/**
 * One watch: what there was at its start, then changes as they come. What was there at the start costs a reference each. What comes
 * later is capped, and may wait only for as long as the cache's history holds it anyway: however many watches read too slowly, and
 * wherever each has stopped, they keep no more than that history. One that falls behind is ended without a word, as in Kubernetes:
 * its client goes on from the last revision it has seen, or is told then that this is too old.
 */
export class Watcher implements AsyncIterable<readonly CacheEvent[]>, Listener {
  readonly filter: Filter;
  readonly bookmarks: boolean;
  round: Round | undefined;
  readonly #rounds: Pick<Rounds, 'add' | 'addNow'>;
  #state: readonly Entry[];
  #initial: readonly CacheEvent[];
  /** In the state, then in the events that follow it. */
  #initialAt = 0;
  /** Changes up to here are told already or not wanted. */
  #from: number;
  #queue: CacheEvent[] = [];
  #queueBytes = 0;
  #onReady: (() => void) | undefined;
  #announced: 'no' | 'gathering' | 'now' = 'no';
  #ended = false;
  #error: ApiError | undefined;
  readonly #onEnd: (watcher: Watcher) => void;

  /** @param initial comes after `state`, the objects that there were */
  constructor(filter: Filter, from: number, initial: readonly CacheEvent[], options: WatcherOptions) {
    this.filter = filter;
    this.#from = from;
    this.#state = options.state ?? [];
    this.#initial = initial;
    this.bookmarks = options.bookmarks;
    this.#onEnd = options.onEnd;
    this.#rounds = options.rounds;
  }

  /** What there was at its start has been handed out. */
  get isStarted(): boolean {
    return this.#initialAt >= this.#state.length + this.#initial.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether `next` has something to tell, or to throw. */
  get hasNext(): boolean {
    return !this.isStarted || this.#queue.length > 0 || (this.#ended && this.#error !== undefined);
  }

  /** @param floor what happened up to this revision, the history of the cache holds no longer */
  offer(change: Change, floor = 0): void {
    if (this.#ended || change.revision <= this.#from) return;
    if (this.endIfBehind(floor)) return;
    const event = seenThrough(this.filter, change);
    if (event !== undefined) this.#push(event, bytesOf(event));
  }

  bookmark(revision: number): void {
    if (this.#ended || !this.bookmarks || revision < this.#from) return;
    this.#push({ type: 'BOOKMARK', revision, initialEventsEnd: false }, 0);
  }

  /** Ends it when it waits to tell something that is older than the history. */
  endIfBehind(floor: number): boolean {
    const oldest = this.#queue[0];
    if (oldest === undefined || revisionOf(oldest) > floor) return false;
    this.#giveUp();
    return true;
  }

  /** What is queued is still delivered, then `error` is thrown if given. */
  end(error?: ApiError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#onEnd(this);
    this.#rounds.addNow(this);
  }

  /** What is to be told now, some of it; `undefined` when there is nothing. @throws ApiError that ended the watch, after the last event. */
  next(): readonly CacheEvent[] | undefined {
    if (!this.isStarted) return this.#nextInitial();
    if (this.#queue.length > 0) return this.#nextQueued();
    if (this.#ended && this.#error !== undefined) throw this.#error;
    return undefined;
  }

  /** Calls `ready` once, when there is more to be told or the watch has ended; for what comes soon after that which was told before, a little later, for all of it together. */
  whenReady(ready: () => void): void {
    this.#onReady = ready;
  }

  wake(): void {
    this.#announced = 'no';
    const ready = this.#onReady;
    this.#onReady = undefined;
    ready?.();
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

  /** Has its reader woken, if it waits: once for all that gathers. */
  #announce(): void {
    if (this.#onReady === undefined || this.#announced === 'now') return;
    if (this.#queueBytes >= limits.watchGatherBytesMax) {
      this.#announced = 'now';
      this.#rounds.addNow(this);
    } else if (this.#announced === 'no') {
      this.#announced = 'gathering';
      this.#rounds.add(this);
    }
  }

  /** All that waits, or as much of it as is handed on at a time: that becomes a copy of this watch's own, which its reader may keep for long. */
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
    for (let bytes = 0; !this.isStarted && bytes < limits.chunkBytes; this.#initialAt++) {
      const entry = this.#state[this.#initialAt];
      const event: CacheEvent | undefined = entry === undefined ? this.#initial[this.#initialAt - this.#state.length] : { type: 'ADDED', entry };
      if (event === undefined) continue;
      batch.push(event);
      bytes += bytesOf(event);
    }
    if (this.isStarted) this.#forgetInitial();
    return batch;
  }

  /** Lets go of all that it holds. */
  #giveUp(): void {
    this.#queue = [];
    this.#queueBytes = 0;
    this.#forgetInitial();
    this.end();
  }

  #forgetInitial(): void {
    this.#state = [];
    this.#initial = [];
    this.#initialAt = 0;
  }

  #push(event: CacheEvent, bytes: number): void {
    if (this.#queueBytes + bytes > limits.watchBacklogBytesMax || this.#queue.length >= limits.watchBacklogEventsMax) {
      this.#giveUp();
      return;
    }
    this.#queue.push(event);
    this.#queueBytes += bytes;
    this.#announce();
  }
}

function bytesOf(event: CacheEvent | undefined): number {
  return event === undefined || event.type === 'BOOKMARK' ? 0 : event.entry.length;
}
