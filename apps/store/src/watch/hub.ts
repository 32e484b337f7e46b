import type { Clock, Timer } from '@rhythm/base';
import { MvccError, Watchers, type StoredEvent } from '@rhythm/mvcc';
import type { ResponseHeader } from '@rhythm/proto/etcd';
import type { Event } from '@rhythm/proto/etcd/kv';
import { header, type Backend } from '../services/header.ts';
import type { HostPlant } from '../host/plants.ts';
import { eventBytes, liveEvent, pastEvent } from './events.ts';
import { watchLimits, type WatchLimits } from './limits.ts';
import { WatchStream } from './stream.ts';
import type { Watcher } from './watcher.ts';

/** How often watches that asked for it are told that nothing happened, as etcd's default. */
export const progressNotifyMsDefault = 10 * 60 * 1000;

/** Gives what is applied to whoever watches it. */
export class WatchHub {
  readonly #backend: Pick<Backend, 'host' | 'identity'>;
  readonly #clock: Clock;
  readonly #synced = new Watchers<Watcher>();
  readonly #streams = new Set<WatchStream>();
  readonly #unsubscribe: () => void;
  readonly #progressNotifyMs: number;
  /** A planted mistake (`host/plants.ts`), for tests of tests. */
  readonly plant: HostPlant | undefined;
  readonly limits: WatchLimits;
  #timer: Timer | undefined;
  #header: ResponseHeader | undefined;
  #eventsSent = 0;

  constructor(backend: Pick<Backend, 'host' | 'identity'>, clock: Clock, progressNotifyMs = progressNotifyMsDefault, { plant, limits = watchLimits }: { readonly plant?: HostPlant | undefined; readonly limits?: WatchLimits } = {}) {
    this.plant = plant;
    this.limits = limits;
    this.#backend = backend;
    this.#clock = clock;
    this.#progressNotifyMs = progressNotifyMs;
    this.#unsubscribe = backend.host.onApplied({ applied: (events, revision) => this.#publish(events, revision), installed: (before) => this.#resync(before) });
    this.#notifyLater();
  }

  /** Events were given to a stream. */
  noteSent(events: number): void {
    this.#eventsSent += events;
  }

  /** Watches, those of them that fell behind, the streams they are on; events sent since the start. */
  get counts(): { readonly watchers: number; readonly slow: number; readonly streams: number; readonly events: number } {
    let [watchers, slow] = [0, 0];
    for (const stream of this.#streams) {
      for (const watcher of stream.watchers.values()) {
        watchers++;
        if (!watcher.isSynced) slow++;
      }
    }
    return { watchers, slow, streams: this.#streams.size, events: this.#eventsSent };
  }

  get revision(): number {
    return this.#backend.host.state.mvcc.revision;
  }

  /** The same object as long as it says the same: it is then encoded once. */
  header(revision: number): ResponseHeader {
    const { term } = this.#backend.host;
    if (this.#header === undefined || this.#header.revision !== BigInt(revision) || this.#header.raftTerm !== BigInt(term)) this.#header = header(this.#backend, revision);
    return this.#header;
  }

  open(wantsProgress: boolean): WatchStream {
    const stream = new WatchStream(this, wantsProgress);
    this.#streams.add(stream);
    return stream;
  }

  close(stream: WatchStream): void {
    if (!this.#streams.delete(stream)) return;
    for (const watcher of stream.watchers.values()) this.remove(watcher);
    stream.watchers.clear();
  }

  add(watcher: Watcher): void {
    this.#sync(watcher);
    watcher.stream.progress();
  }

  remove(watcher: Watcher): void {
    if (watcher.isSynced) this.#synced.delete(watcher.range, watcher);
    watcher.isSynced = false;
  }

  /** It has been sent everything up to the present revision, and does not begin later. */
  isComplete(watcher: Watcher): boolean {
    return watcher.isSynced && watcher.next <= this.revision + 1;
  }

  /** Continues with the watches of a stream that fell behind, as far as the stream has room. */
  catchUp(stream: WatchStream): void {
    let behind = false;
    for (const watcher of stream.watchers.values()) {
      if (watcher.isSynced) continue;
      behind = true;
      this.#sync(watcher);
    }
    if (behind) stream.progress();
  }

  stop(): void {
    this.#unsubscribe();
    this.#timer?.cancel();
    for (const stream of this.#streams) stream.close();
  }

  #publish(events: readonly StoredEvent[], revision: number): void {
    for (const [watcher, matched] of this.#synced.match(events)) {
      const first = matched[0]?.revision.main ?? revision;
      if (watcher.stream.isFull) {
        this.remove(watcher);
        watcher.next = Math.max(watcher.next, first);
        continue;
      }
      const live = matched.flatMap((event) => (event.revision.main < watcher.next && this.plant !== 'future-watch-starts-now' ? [] : (liveEvent(this.#backend.host.state, watcher, event) ?? [])));
      if (this.plant === 'previous-value-of-wrong-revision') for (const event of live) if (event.prevKv !== undefined) event.prevKv = event.kv;
      if (live.length > 0) watcher.stream.sendEvents(watcher, live, revision);
    }
    for (const stream of this.#streams) stream.progress();
  }

  /** Another state is in place: what the watches have not seen is read from its history, or is gone from it. */
  #resync(before: number): void {
    for (const stream of this.#streams) {
      for (const watcher of stream.watchers.values()) {
        if (!watcher.isSynced) continue;
        this.remove(watcher);
        watcher.next = Math.max(watcher.next, before + 1);
        this.#sync(watcher);
      }
      stream.progress();
    }
  }

  /** Sends history until the watch is complete, its stream is full, or what it needs is gone. */
  #sync(watcher: Watcher): void {
    const { state } = this.#backend.host;
    try {
      while (watcher.next <= this.revision) {
        if (watcher.stream.isFull) return;
        this.#sendHistory(watcher);
      }
      watcher.isSynced = true;
      this.#synced.add(watcher.range, watcher);
    } catch (error) {
      if (!(error instanceof MvccError)) throw error;
      // The revision is the reason: etcd gives no other.
      watcher.stream.cancel(watcher.id, '', state.mvcc.compactRevision);
    }
  }

  #sendHistory(watcher: Watcher): void {
    const { state } = this.#backend.host;
    const to = this.revision;
    const events: Event[] = [];
    let bytes = 0;
    let reached = watcher.next - 1;
    // Planted mistakes.
    const from = watcher.next + (this.plant === 'watch-skips-on-resume' && watcher.next < to ? 1 : 0);
    const skipped = this.plant === 'watch-skips-at-compaction' ? state.mvcc.compactRevision : -1;
    for (const item of state.mvcc.history(watcher.key, watcher.rangeEnd, from, to)) {
      if (item.revision.main === skipped) continue;
      if (bytes > this.limits.historyBytesMax && item.revision.main > reached) {
        watcher.stream.sendEvents(watcher, events, reached);
        watcher.next = reached + 1;
        return;
      }
      reached = item.revision.main;
      const event = pastEvent(state, watcher, item);
      if (event === undefined) continue;
      events.push(event);
      bytes += eventBytes(event);
    }
    if (events.length > 0) watcher.stream.sendEvents(watcher, events, to);
    watcher.next = to + 1;
  }

  #notifyLater(): void {
    this.#timer = this.#clock.setTimer(this.#progressNotifyMs, () => {
      for (const stream of this.#streams) {
        for (const watcher of stream.watchers.values()) {
          if (watcher.progressNotify && this.isComplete(watcher) && !watcher.wasActive) stream.sendProgress(watcher, this.revision);
          watcher.wasActive = false;
        }
      }
      this.#notifyLater();
    });
  }
}
