import { AsyncQueue } from '@rhythm/base';
import { keyRange } from '@rhythm/mvcc';
import type { WatchCreateRequest, WatchRequest, WatchResponse } from '@rhythm/proto/etcd';
import type { Event } from '@rhythm/proto/etcd/kv';
import { eventBytes } from './events.ts';
import type { WatchHub } from './hub.ts';
import type { Watcher } from './watcher.ts';

/** Responses that wait to be sent; a caller that asks on and on without reading is cut off. */
const queuedResponsesMax = 100_000;
/** Watches on one stream. */
const watchesMax = 10_000;
/** The watch id of a progress answer for the whole stream. */
const wholeStream = -1n;
const noKey = Uint8Array.of(0);

interface Queued {
  readonly response: WatchResponse;
  readonly bytes: number;
}

/** One caller's stream of watches. */
export class WatchStream {
  readonly watchers = new Map<bigint, Watcher>();
  readonly wantsProgress: boolean;
  readonly #hub: WatchHub;
  #queue: Queued[] = [];
  #bytes = 0;
  readonly #wake = new AsyncQueue<true>(1);
  #nextId = 0n;
  #progressRequested = false;
  #isFinished = false;

  constructor(hub: WatchHub, wantsProgress: boolean) {
    this.#hub = hub;
    this.wantsProgress = wantsProgress;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#hub.limits.queuedBytesMax;
  }

  /** Takes a message of the caller; `refused`: why it may not begin this watch. */
  take({ requestUnion }: WatchRequest, refused?: string): void {
    switch (requestUnion?.$case) {
      case 'createRequest':
        this.#create(requestUnion.value, refused);
        break;
      case 'cancelRequest':
        this.cancel(requestUnion.value.watchId, '', 0);
        break;
      case 'progressRequest':
        this.#progressRequested = true;
        this.progress();
        break;
      case undefined:
        break;
    }
  }

  /** No more messages of the caller will come; etcd then ends the stream. */
  finish(): void {
    this.#isFinished = true;
    this.#nudge();
  }

  /** Ends the stream, with an error for the caller if there is one. */
  close(error?: Error): void {
    this.#hub.close(this);
    this.#queue = [];
    this.#wake.end(error);
  }

  async *responses(): AsyncGenerator<WatchResponse> {
    try {
      for await (const _ of this.#wake) {
        while (this.#queue.length > 0) {
          const batch = this.#queue;
          this.#queue = [];
          for (const { response, bytes } of batch) {
            yield response;
            this.#bytes -= bytes;
          }
        }
        // There is room again for those that fell behind.
        this.#hub.catchUp(this);
        if (this.#isFinished && this.#queue.length === 0) return;
      }
    } finally {
      this.close();
    }
  }

  /** Sends events of whole revisions, in order, after which the watch is complete up to `revision`. */
  sendEvents(watcher: Watcher, events: readonly Event[], revision: number): void {
    watcher.wasActive = true;
    this.#hub.noteSent(events.length);
    const pieces = watcher.fragment ? fragments(events, this.#hub.limits.fragmentBytesMax) : [events];
    for (const [at, piece] of pieces.entries()) {
      const bytes = piece.reduce((sum, event) => sum + eventBytes(event), 0);
      this.#send({ ...this.#response(watcher.id, revision), fragment: at < pieces.length - 1, events: [...piece] }, bytes);
    }
  }

  sendProgress(watcher: Watcher, revision: number): void {
    this.#send(this.#response(watcher.id, revision));
  }

  /** Tells a stream that is complete so, if it asked or wants to know always. */
  progress(): void {
    if (!this.#progressRequested && !this.wantsProgress) return;
    // Of a watch that begins later, at a member that lags, nothing can be said yet.
    for (const watcher of this.watchers.values()) if (!this.#hub.isComplete(watcher) && this.#hub.plant !== 'progress-ahead-of-stream') return;
    this.#progressRequested = false;
    const last = this.#queue[this.#queue.length - 1];
    // Nobody has seen the one before: the newer says more.
    if (last?.response.watchId === wholeStream) this.#queue.pop();
    this.#send(this.#response(wholeStream, this.#hub.revision));
  }

  cancel(id: bigint, reason: string, compactRevision: number): void {
    const watcher = this.watchers.get(id);
    if (watcher === undefined) return;
    this.watchers.delete(id);
    this.#hub.remove(watcher);
    this.#send({ ...this.#response(id, this.#hub.revision), canceled: true, cancelReason: reason, compactRevision: BigInt(compactRevision) });
  }

  #create(request: WatchCreateRequest, refused: string | undefined): void {
    const { revision } = this.#hub;
    const refuse = (reason: string): void => this.#send({ ...this.#response(-1n, revision), created: true, canceled: true, cancelReason: reason });
    if (request.startRevision < 0n) return refuse('etcdserver: mvcc: required revision has been compacted');
    if (refused !== undefined) return refuse(refused);
    if (this.watchers.size >= watchesMax) return refuse(`rhythm store: more than ${watchesMax} watches on one stream`);
    const key = request.key.length === 0 ? noKey : request.key;
    const range = keyRange(key, request.rangeEnd);
    if (range.end !== undefined && range.end <= range.start) return refuse('mvcc: watcher range is empty');
    if (request.watchId !== 0n && this.watchers.has(request.watchId)) return refuse('mvcc: duplicate watch ID provided on the WatchStream');
    const watcher: Watcher = {
      id: request.watchId === 0n ? this.#freeId() : request.watchId,
      stream: this,
      key,
      rangeEnd: request.rangeEnd,
      range,
      previous: request.prevKv,
      progressNotify: request.progressNotify,
      fragment: request.fragment,
      noPut: request.filters.includes(0),
      noDelete: request.filters.includes(1),
      next: request.startRevision <= 0n ? revision + 1 : Number(request.startRevision),
      isSynced: false,
      wasActive: false,
    };
    this.watchers.set(watcher.id, watcher);
    this.#send({ ...this.#response(watcher.id, revision), created: true });
    this.#hub.add(watcher);
  }

  #freeId(): bigint {
    while (this.watchers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #response(watchId: bigint, revision: number): WatchResponse {
    const empty = { created: false, canceled: false, compactRevision: 0n, cancelReason: '', fragment: false, events: [] };
    return { header: this.#hub.header(revision), watchId, ...empty };
  }

  #send(response: WatchResponse, bytes = 0): void {
    if (this.#queue.length >= queuedResponsesMax) {
      this.close();
      return;
    }
    this.#queue.push({ response, bytes });
    this.#bytes += bytes;
    this.#nudge();
  }

  #nudge(): void {
    if (this.#wake.length === 0) this.#wake.push(true);
  }
}

function fragments(events: readonly Event[], fragmentBytesMax: number): Event[][] {
  const pieces: Event[][] = [[]];
  let bytes = 0;
  for (const event of events) {
    const size = eventBytes(event);
    if (bytes > 0 && bytes + size > fragmentBytesMax) {
      pieces.push([]);
      bytes = 0;
    }
    pieces[pieces.length - 1]?.push(event);
    bytes += size;
  }
  return pieces;
}
