import { ApiError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { backoffDelay, causeChain, withTimeout, type Clock, type Log, type Random } from '@rhythm/base';
import { StoreError, type Store, type StoreEvent, type StoredValue } from '@rhythm/store-client';
import { limits } from '../limits.ts';
import { listPrefix, prefixEnd } from '../stored/keys.ts';
import { UnreadableValue } from '../stored/unreadable-value.ts';
import { CacheMemory } from './cache-memory.ts';
import { entriesOf, entryOf, type Entry } from './entry.ts';
import type { Filter } from './filter.ts';
import { Freshness } from './freshness.ts';
import { Change, History } from './history.ts';
import { OwnValues } from './own-values.ts';
import { packerOf, type Packer } from './packer.ts';
import { readBack } from './reach-back.ts';
import { Rounds } from './rounds.ts';
import { SortedEntries, type Page } from './sorted-entries.ts';
import { seenThrough, Watcher, type CacheEvent } from './watcher.ts';

export interface CachePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** When watches are told; absent: this cache's are told without regard to others. */
  readonly rounds?: Rounds;
  /** Shared with other caches; its own without it. */
  readonly memory?: CacheMemory;
}

/**
 * All objects of one kind, kept current by one watch on the store: serves lists and watches.
 * Filled on first use. It never shows a state that the store did not have.
 */
export class WatchCache {
  readonly kind: KindDefinition;
  readonly #ports: CachePorts;
  readonly #rounds: Rounds;
  readonly #prefix: string;
  readonly #indexField: string | undefined;
  readonly #entries: SortedEntries;
  readonly #memory: CacheMemory;
  readonly #packer: Packer | undefined;
  readonly #history: History;
  readonly #own: OwnValues;
  readonly #freshness: Freshness;
  /** Watches that demand one value of the indexed field, by that value; the others. */
  readonly #indexedWatchers = new Map<string, Set<Watcher>>();
  readonly #watchers = new Set<Watcher>();
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  #watcherCount = 0;
  #loaded: Deferred = deferred();
  #isLoaded = false;
  /** The store cannot tell what happened right after this revision and before. */
  #forgotten = 0;
  #reaching: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(kind: KindDefinition, ports: CachePorts) {
    this.kind = kind;
    this.#ports = { ...ports, log: ports.log.with({ resource: kind.plural, group: kind.group }) };
    this.#rounds = ports.rounds ?? new Rounds(ports.clock);
    this.#prefix = listPrefix(kind, '');
    this.#packer = packerOf(kind);
    this.#indexField = kind.group === '' && kind.plural === 'pods' ? 'spec.nodeName' : undefined;
    this.#entries = new SortedEntries(this.#indexField);
    this.#memory = ports.memory ?? new CacheMemory();
    this.#history = new History(this.#memory);
    this.#own = new OwnValues(kind);
    this.#freshness = new Freshness(ports.store, ports.clock, ports.log);
  }

  /** Watches open now. */
  get watchers(): number {
    return this.#watcherCount;
  }

  /** Objects in the cache. */
  get size(): number {
    return this.#entries.size;
  }

  /** Their JSON. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  get indexField(): string | undefined {
    return this.#indexField;
  }

  /** All changes up to here are in the cache. */
  get revision(): number {
    return this.#freshness.revision;
  }

  /** Whether it holds a state of the store. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Resolves when the cache holds a state of the store. */
  async ready(signal?: AbortSignal): Promise<void> {
    this.#running ??= this.#run();
    if (this.#isLoaded) return;
    await Promise.race([this.#loaded.promise, ...(signal === undefined ? [] : [aborted(signal)])]);
  }

  /** Waits, at most 3 s, until the cache holds all changes up to `revision`. */
  async waitFor(revision: number, signal?: AbortSignal): Promise<boolean> {
    await this.ready(signal);
    return this.#freshness.wait(revision, signal);
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Says what this server is about to write: when it comes back it is not parsed again. */
  expect(key: string, value: Uint8Array, object: KubeObject): void {
    // What a newer schema reads otherwise than it is stored goes the usual way.
    if (this.#isLoaded && this.kind.convert === undefined && this.kind.refresh === undefined) this.#own.expect(key, value, object);
  }

  /** The entry of a value that was expected, once it is in the store: shared with the cache. */
  written(key: string, value: Uint8Array, revision: number): Entry | undefined {
    const seen = this.#entries.get(key);
    if (seen?.revision === revision) return seen;
    return this.#own.entryOf(key, value, revision);
  }

  /** The write of an expected value has failed. */
  unwritten(key: string): void {
    this.#own.forget(key);
  }

  page(filter: Filter, limit: number, start?: string): Page {
    return this.#entries.page(filter, limit, start);
  }

  /** True when the cache's present state is the state at `revision` too. */
  holds(revision: number): boolean {
    return this.#isLoaded && this.#history.newest <= revision && revision <= this.#freshness.revision;
  }

  /**
   * Makes the history reach back to `revision`, as far as the store remembers it: after a restart of the server
   * watches go on where they were. Those that come together share the work. Does not throw: `watch` tells.
   */
  async reachBack(revision: number, signal?: AbortSignal): Promise<void> {
    while (this.#isLoaded && revision < this.#history.floor && revision > this.#forgotten && signal?.aborted !== true) {
      this.#reaching ??= this.#reach(revision).finally(() => (this.#reaching = undefined));
      await this.#reaching;
    }
  }

  /**
   * ADDED for all of `state`, then `initial`, then all changes after `revision`.
   * @throws ApiError Expired when the revision is too old, TooManyRequests at the cap of watches.
   */
  watch(filter: Filter, revision: number, options: { bookmarks: boolean; state?: readonly Entry[]; initial?: readonly CacheEvent[] }): Watcher {
    if (this.#watcherCount >= limits.watchesPerResourceMax) throw new ApiError('TooManyRequests', `${this.kind.plural} has ${limits.watchesPerResourceMax} watches, which is the most there can be`);
    const missed = this.#since(filter, revision);
    const initial = options.initial === undefined ? missed : [...options.initial, ...missed];
    const watcher = new Watcher(filter, Math.max(revision, this.revision), initial, { bookmarks: options.bookmarks, rounds: this.#rounds, ...(options.state === undefined ? {} : { state: options.state }), onEnd: (ended) => this.#forget(ended) });
    this.#watchersOf(filter).add(watcher);
    this.#watcherCount++;
    return watcher;
  }

  /** Those that are open now. */
  openWatchers(): readonly Watcher[] {
    return this.#allWatchers();
  }

  /** Calls `listener` after each batch of changes, and after a new start. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    void this.ready(this.#stop.signal).catch(() => undefined);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all watches that asked for bookmarks how far the cache is. */
  async sendBookmarks(): Promise<void> {
    if (!this.#isLoaded || this.#watcherCount === 0) return;
    for (const watcher of this.#allWatchers()) watcher.endIfBehind(this.#history.floor);
    if (this.#ports.store.progressMode() === 'requested') await this.#ports.store.requestProgress();
    for (const watcher of this.#allWatchers()) watcher.bookmark(this.revision);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server is stopping'));
    for (const watcher of this.#allWatchers()) watcher.end();
    await this.#running?.catch(() => undefined);
    this.#letGo(this.#entries.all());
    this.#entries.clear();
    this.#history.end();
  }

  #since(filter: Filter, revision: number): CacheEvent[] {
    const changes = this.#history.after(revision);
    if (changes === undefined) throw new ApiError('Expired', `too old resource version: ${revision} (${this.#history.floor})`);
    return changes.map((change) => seenThrough(filter, change)).filter((event) => event !== undefined);
  }

  async #reach(revision: number): Promise<void> {
    const { store, clock, log } = this.#ports;
    const { floor } = this.#history;
    const limit = withTimeout(clock, limits.reachBackMs, () => new Error(`no answer within ${limits.reachBackMs} ms`), this.#stop.signal);
    try {
      const changes = await readBack({ kind: this.kind, store, clock, prefix: this.#prefix, after: revision, upTo: floor, signal: limit.signal });
      if (changes !== undefined && this.#history.floor === floor) this.#history.prepend(changes, revision);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'Compacted')) log.warn('the history could not be read back', { revision, error: causeChain(error) });
    } finally {
      limit.cancel();
      // What is gone, or too much, is not asked for again.
      if (this.#history.floor > revision) this.#forgotten = Math.max(this.#forgotten, revision);
    }
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#load();
        failures = 0;
        await this.#follow();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        failures++;
        this.#ports.log.warn('cannot read the store', { error: causeChain(error) });
        if (error instanceof ApiError && !this.#isLoaded) this.#refuseWaiting(error);
        await this.#pause(failures);
      }
    }
  }

  /** Those who wait for the first state are told why there is none: a webhook that cannot convert may stay so for long. */
  #refuseWaiting(error: ApiError): void {
    const waiting = this.#loaded;
    this.#loaded = deferred();
    waiting.reject(error);
  }

  /** Reads everything at one revision. Watches that were open cannot know what they missed, so they end. */
  async #load(): Promise<void> {
    const values: Entry[] = [];
    const revision = await this.#readAll(values).catch((error: unknown) => {
      this.#letGo(values);
      throw error;
    });
    for (const watcher of this.#allWatchers()) watcher.end(new ApiError('Expired', 'too old resource version: the server has lost its place in the history'));
    this.#letGo(this.#entries.all());
    this.#entries.clear();
    this.#own.clear();
    for (const entry of values) this.#entries.put(entry);
    this.#history.begin(revision);
    this.#isLoaded = true;
    this.#freshness.reached(revision);
    this.#loaded.resolve();
    this.#announce();
  }

  /** All entries at one revision, which is answered. */
  async #readAll(values: Entry[]): Promise<number> {
    const end = prefixEnd(this.#prefix);
    let revision: number | undefined;
    for (let key = this.#prefix; ; ) {
      const page = await this.#ports.store.range(key, { end, limit: limits.rangePageKeys, signal: this.#stop.signal, ...(revision === undefined ? {} : { revision }) });
      revision ??= page.revision;
      for (const entry of await this.#entriesOf(page.values)) {
        this.#memory.slabs.keep(entry, this.#packer);
        values.push(entry);
      }
      const last = page.values[page.values.length - 1];
      if (!page.more || last === undefined) return revision;
      key = `${last.key}\0`;
    }
  }

  #letGo(entries: Iterable<Entry>): void {
    for (const entry of entries) this.#memory.slabs.drop(entry);
  }

  /** Applies changes for as long as the history goes on without a gap. */
  async #follow(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        for await (const batch of this.#ports.store.watch(this.#prefix, this.revision + 1, { signal: this.#stop.signal })) {
          failures = 0;
          const converted = this.kind.convert === undefined ? undefined : await this.#converted(batch.events);
          for (const event of batch.events) this.#apply(event, converted);
          if (batch.revision > this.revision) this.#freshness.reached(batch.revision);
          if (batch.events.length > 0) this.#announce();
        }
        failures++;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        // Read anew: what cannot be decrypted may have been deleted since, or its key be known now.
        if (error instanceof UnreadableValue) {
          this.#ports.log.error('a change cannot be read', { error: causeChain(error) });
          await this.#pause(1);
          return;
        }
        if (error instanceof StoreError && (error.kind === 'Compacted' || error.kind === 'FutureRevision')) return;
        failures++;
        this.#ports.log.warn('watch on the store broke off', { error: causeChain(error) });
      }
      await this.#pause(failures);
    }
  }

  #apply(event: StoreEvent, converted: ReadonlyMap<StoreEvent, Entry> | undefined): void {
    if (event.modRevision <= this.revision) return;
    const previous = this.#entries.get(event.key);
    const current = event.type !== 'put' ? undefined : converted === undefined ? this.#entry(event) : converted.get(event);
    this.#own.forget(event.key);
    if (current === undefined && previous === undefined) return;
    if (current === undefined) this.#entries.delete(event.key);
    else {
      this.#memory.slabs.keep(current, this.#packer);
      this.#entries.put(current);
    }
    const change = new Change(this.kind, event.modRevision, current, previous);
    this.#history.push(change);
    this.#tell(change);
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #tell(change: Change): void {
    const { floor } = this.#history;
    for (const watcher of this.#watchers) watcher.offer(change, floor);
    if (this.#indexField === undefined) return;
    const now = change.current?.fields[this.#indexField];
    const before = change.previous?.fields[this.#indexField];
    if (now !== undefined) for (const watcher of this.#indexedWatchers.get(now) ?? []) watcher.offer(change, floor);
    if (before !== undefined && before !== now) for (const watcher of this.#indexedWatchers.get(before) ?? []) watcher.offer(change, floor);
  }

  async #entriesOf(values: readonly StoredValue[]): Promise<Entry[]> {
    if (this.kind.convert !== undefined) return entriesOf(this.kind, values);
    return values.map((stored) => this.#entry(stored)).filter((entry) => entry !== undefined);
  }

  /** What a webhook makes of the objects of a batch. When it fails the batch comes again, later: none may be left out. */
  async #converted(events: readonly StoreEvent[]): Promise<ReadonlyMap<StoreEvent, Entry>> {
    const puts = events.filter((event) => event.type === 'put');
    const entries = await entriesOf(this.kind, puts);
    return new Map(puts.map((event, index) => [event, entries[index]] as const).filter((pair): pair is readonly [typeof pair[0], Entry] => pair[1] !== undefined));
  }

  /** A value that cannot be read must not stop the others: it is left out, and said. One that cannot be decrypted stops them, as in Kubernetes. */
  #entry(stored: Pick<StoredValue, 'key' | 'value' | 'modRevision'>): Entry | undefined {
    try {
      return this.#own.entryOf(stored.key, stored.value, stored.modRevision) ?? entryOf(this.kind, stored);
    } catch (error) {
      if (error instanceof UnreadableValue) throw error;
      this.#ports.log.error('stored object cannot be read', { key: stored.key, error: causeChain(error) });
      return undefined;
    }
  }

  #watchersOf(filter: Filter): Set<Watcher> {
    if (filter.indexed === undefined || this.#indexField === undefined) return this.#watchers;
    let watchers = this.#indexedWatchers.get(filter.indexed);
    if (watchers === undefined) this.#indexedWatchers.set(filter.indexed, (watchers = new Set()));
    return watchers;
  }

  #forget(watcher: Watcher): void {
    const watchers = this.#watchersOf(watcher.filter);
    if (watchers.delete(watcher)) this.#watcherCount--;
    if (watchers.size === 0 && watchers !== this.#watchers) this.#indexedWatchers.delete(watcher.filter.indexed ?? '');
  }

  #allWatchers(): Watcher[] {
    return [...this.#watchers, ...[...this.#indexedWatchers.values()].flatMap((set) => [...set])];
  }

  async #pause(failures: number): Promise<void> {
    const delay = backoffDelay({ initialMs: 50, maxMs: 2_000, factor: 2, jitter: 0.2 }, failures, this.#ports.random);
    await this.#ports.clock.sleep(delay, this.#stop.signal).catch(() => undefined);
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  const made = Promise.withResolvers<void>();
  // Nobody may be waiting.
  made.promise.catch(() => undefined);
  return made;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
