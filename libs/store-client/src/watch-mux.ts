import { backoffDelay, type Clock, type Random } from '@rhythm/base';
import { bidi, Metadata, toGrpcError, type BidiCall, type Client } from '@rhythm/grpc';
import { WatchService, type WatchRequest, type WatchResponse } from '@rhythm/proto/etcd';
import type { Event } from '@rhythm/proto/etcd/kv';
import { text, toStored } from './requests.ts';
import { StoreError, type StoreEvent } from './store.ts';
import type { WatchBuffer } from './watch-buffer.ts';

const reconnect = { initialMs: 50, maxMs: 2000, factor: 2, jitter: 0.5 };
const wholeStream = -1n;

interface Watch {
  readonly id: bigint;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly previous: boolean;
  readonly buffer: WatchBuffer;
  /** The first revision that was not delivered; 0 until a watch from "now" knows when that was. */
  next: number;
  isCreated: boolean;
  /** Events of a response that comes in pieces. */
  pieces: Event[];
}

/** All watches of a client on one stream; when it breaks they continue on the next, where each left off. */
export class WatchMux {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #watches = new Map<bigint, Watch>();
  /** Called before the stream is opened again: the endpoint may be another one by then. */
  readonly #onReconnect: () => Promise<void>;
  #call: BidiCall<WatchRequest, WatchResponse> | undefined;
  #nextId = 1n;
  #isRunning = false;
  readonly #closing = new AbortController();

  constructor(client: Client, clock: Clock, random: Random, onReconnect: () => Promise<void>) {
    this.#client = client;
    this.#clock = clock;
    this.#random = random;
    this.#onReconnect = onReconnect;
  }

  /** Adds a watch; the function given back takes it away. */
  add(watch: { key: Uint8Array; rangeEnd: Uint8Array; from: number; previous: boolean; buffer: WatchBuffer }): () => void {
    const { key, rangeEnd, previous, buffer } = watch;
    const added: Watch = { id: this.#nextId++, key, rangeEnd, previous, buffer, next: watch.from, isCreated: false, pieces: [] };
    this.#watches.set(added.id, added);
    if (this.#call !== undefined) this.#write({ requestUnion: { $case: 'createRequest', value: createRequest(added) } });
    else if (!this.#isRunning) void this.#run();
    return () => this.#remove(added);
  }

  requestProgress(): void {
    this.#write({ requestUnion: { $case: 'progressRequest', value: {} } });
  }

  close(): void {
    this.#closing.abort();
    this.#call?.cancel();
    for (const watch of this.#watches.values()) watch.buffer.end(new StoreError('Unavailable', 'the store is closed'));
    this.#watches.clear();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let attempt = 0; this.#watches.size > 0 && !this.#closing.signal.aborted; attempt++) {
      try {
        if (attempt > 0) {
          await this.#clock.sleep(backoffDelay(reconnect, attempt - 1, this.#random), this.#closing.signal);
          await this.#onReconnect();
        }
        await this.#stream(() => {
          attempt = 0;
        });
      } catch {
        // Whatever it was, the next attempt shows whether it is over; watches that cannot go on are ended one by one.
      }
    }
    this.#isRunning = false;
  }

  async #stream(onMessage: () => void): Promise<void> {
    const metadata = new Metadata();
    metadata.set('rhythm-progress', 'push');
    // A member that has lost the others must not keep the watch waiting: it says so, and the next one is asked.
    metadata.set('hasleader', 'true');
    const call = bidi(this.#client, WatchService.watch, { metadata });
    this.#call = call;
    try {
      for (const watch of this.#watches.values()) {
        watch.isCreated = false;
        watch.pieces = [];
        this.#write({ requestUnion: { $case: 'createRequest', value: createRequest(watch) } });
      }
      for await (const response of call.messages) {
        onMessage();
        this.#take(response);
      }
    } catch (error) {
      throw toGrpcError(error);
    } finally {
      this.#call = undefined;
      call.cancel();
    }
  }

  #take(response: WatchResponse): void {
    const revision = Number(response.header?.revision ?? 0n);
    if (response.watchId === wholeStream && !response.created && !response.canceled) {
      for (const watch of this.#watches.values()) if (watch.isCreated) deliver(watch, [], revision);
      return;
    }
    const watch = this.#watches.get(response.watchId);
    if (watch === undefined) return;
    if (response.canceled) {
      this.#watches.delete(watch.id);
      watch.buffer.end(cancelled(response));
      return;
    }
    if (response.created) {
      watch.isCreated = true;
      if (watch.next <= 0) watch.next = revision + 1;
      return;
    }
    for (const event of response.events) watch.pieces.push(event);
    if (response.fragment) return;
    const events = watch.pieces;
    watch.pieces = [];
    const last = events[events.length - 1];
    // etcd's header may be ahead of a batch of history: only the events themselves say how far it goes.
    deliver(watch, events, last === undefined ? revision : Number(last.kv?.modRevision ?? 0n));
  }

  #remove(watch: Watch): void {
    if (!this.#watches.delete(watch.id)) return;
    this.#write({ requestUnion: { $case: 'cancelRequest', value: { watchId: watch.id } } });
    if (this.#watches.size === 0) this.#call?.end();
  }

  #write(request: WatchRequest): void {
    // A failed write ends the stream, which is noticed where it is read.
    this.#call?.write(request).catch(() => undefined);
  }
}

function deliver(watch: Watch, events: readonly Event[], revision: number): void {
  if (revision + 1 < watch.next) return;
  watch.next = Math.max(watch.next, revision + 1);
  watch.buffer.push(events.map(toEvent), revision);
}

function toEvent({ type, kv, prevKv }: Event): StoreEvent {
  if (kv === undefined) throw new StoreError('Internal', 'the store sent an event without a key');
  return {
    type: type === 1 ? 'delete' : 'put',
    key: text(kv.key),
    value: kv.value,
    createRevision: Number(kv.createRevision),
    modRevision: Number(kv.modRevision),
    ...(prevKv === undefined ? {} : { previous: toStored(prevKv) }),
  };
}

function cancelled(response: WatchResponse): StoreError {
  const compactRevision = Number(response.compactRevision);
  if (compactRevision > 0) return new StoreError('Compacted', `the revision has been compacted; the oldest is ${compactRevision}`, { compactRevision });
  return new StoreError('Unavailable', response.cancelReason === '' ? 'the store ended the watch' : response.cancelReason);
}

function createRequest(watch: Watch) {
  return {
    key: watch.key,
    rangeEnd: watch.rangeEnd,
    startRevision: BigInt(watch.next),
    progressNotify: true,
    filters: [],
    prevKv: watch.previous,
    watchId: watch.id,
    fragment: true,
  };
}
