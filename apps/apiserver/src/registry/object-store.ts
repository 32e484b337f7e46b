import { alreadyExists, ApiError, conflict, fromStored, notFound, type KindDefinition, type KindRegistry, type KubeObject } from '@rhythm/api';
import type { Clock } from '@rhythm/base';
import type { ModRevisionIs, Store, StoredValue, StoreWrite, TxnResult } from '@rhythm/store-client';
import { limits } from '../limits.ts';
import type { Companion } from '../ports/types.ts';
import type { WatchCache } from '../watch-cache/watch-cache.ts';
import { entriesOf, entryOf, entryOfObject, tombstoneOf, type Entry } from '../watch-cache/entry.ts';
import type { Caches } from './caches.ts';
import { EventLeases } from './event-leases.ts';
import { convertObject } from './convert.ts';
import { deepEqual } from './deep-equal.ts';
import { objectKey } from '../stored/keys.ts';
import { translated } from '../stored/store-errors.ts';
import { parseSharingFields } from '../stored/metadata-place.ts';
import { encodeStored, mayBeSame, withRevision } from '../stored/stored-form.ts';

/** What becomes of an object that was read to be changed. */
export type Outcome =
  | { readonly action: 'keep' }
  | { readonly action: 'put'; readonly object: KubeObject; readonly companions?: readonly Companion[] }
  /** `shown`: what an update made of the object that it removes, for its reply. */
  | { readonly action: 'remove'; readonly companions?: readonly Companion[]; readonly shown?: KubeObject };

type Put = Extract<Outcome, { action: 'put' }>;
/** `form`: the object in the version that is stored. */
type Encoded = Exclude<Outcome, Put> | (Put & { readonly form: KubeObject; readonly value: Uint8Array });

export interface ChangeResult {
  /** The object after the change; of a removed one its last state, at the revision of the removal. */
  readonly entry: Entry;
  readonly removed: boolean;
}

/** Another object that was to be written in the same transaction has changed meanwhile; the request starts again. */
export class CompanionConflict extends Error {
  override readonly name = 'CompanionConflict';
}

/** Objects in the store: one transaction per write, optimistic, serialised once. */
export class ObjectStore {
  readonly #store: Store;
  readonly #caches: Caches;
  readonly #registry: KindRegistry;
  readonly #leases: EventLeases;

  constructor(store: Store, caches: Caches, registry: KindRegistry, clock: Pick<Clock, 'monotonic'>) {
    this.#store = store;
    this.#leases = new EventLeases(store, clock);
    this.#caches = caches;
    this.#registry = registry;
  }

  /** The object as it is now, read from the store. @throws ApiError NotFound. */
  async get(kind: KindDefinition, namespace: string, name: string, signal?: AbortSignal): Promise<Entry> {
    const entry = await this.find(kind, namespace, name, signal);
    if (entry === undefined) throw notFound(resourceOf(kind), name);
    return entry;
  }

  async find(kind: KindDefinition, namespace: string, name: string, signal?: AbortSignal): Promise<Entry | undefined> {
    const stored = this.#registry.storageOf(kind);
    const key = objectKey(stored, namespace, name);
    return (await this.#read(kind, key, signal))?.entry;
  }

  /** What is stored, and whether it would be written in another form today. */
  async #read(kind: KindDefinition, key: string, signal?: AbortSignal): Promise<{ readonly entry: Entry; readonly stale: boolean } | undefined> {
    const [value] = (await translated(this.#store.range(key, signal === undefined ? {} : { signal }))).values;
    if (value === undefined) return undefined;
    const cached = this.#caches.of(kind).get(key);
    return { entry: cached?.revision === value.modRevision ? cached : await this.#entryOf(kind, value), stale: value.stale === true };
  }

  /** The object of an entry in the version of `kind`, with its resourceVersion: a copy of the caller's own, but for the sets of managed fields, which are frozen. */
  decode<T extends KubeObject = KubeObject>(kind: KindDefinition, entry: Entry): T {
    return fromStored(kind, parseSharingFields(this.#registry.storageOf(kind), entry.bytes)) as T;
  }

  /** @throws ApiError AlreadyExists; CompanionConflict. */
  async create(kind: KindDefinition, object: KubeObject, companions: readonly Companion[] = []): Promise<Entry> {
    const stored = this.#registry.storageOf(kind);
    const key = objectKey(stored, object.metadata.namespace ?? '', object.metadata.name ?? '');
    const form = await convertObject(kind, stored, object);
    const value = encoded(stored, form);
    const extra = this.#companionWrites(companions);
    const cache = this.#expect(kind, key, value, form);
    const result = await this.#txn(cache, key, [{ key, modRevision: 0 }, ...extra.compares], [this.#put(stored, key, value), ...extra.writes]);
    if (!result.succeeded) {
      if (result.current[0] !== undefined || companions.length === 0) throw alreadyExists(resourceOf(kind), object.metadata.name ?? '');
      throw new CompanionConflict('another object changed meanwhile');
    }
    this.#wrote(kind, companions, result);
    if (kind.convert !== undefined) return this.#entryOf(kind, { key, value, modRevision: result.revision });
    return cache?.written(key, value, result.revision) ?? entryOfObject(stored, key, result.revision, withRevision(stored, value, result.revision), form);
  }

  /**
   * Reads, lets `decide` say what becomes of the object, and writes that if nothing came between; otherwise again.
   * What `decide` throws counts only when it saw the present state: the cache it may have been shown can be behind.
   * @throws ApiError NotFound, Conflict when it never succeeds.
   */
  async change(kind: KindDefinition, namespace: string, name: string, decide: (current: KubeObject) => Promise<Outcome> | Outcome, signal?: AbortSignal): Promise<ChangeResult> {
    const stored = this.#registry.storageOf(kind);
    const key = objectKey(stored, namespace, name);
    let entry = this.#caches.of(kind).get(key);
    let fresh = false;
    let stale = false;
    for (let attempt = 0; attempt < limits.updateRetriesMax; attempt++) {
      if (entry === undefined) {
        const now = await this.#read(kind, key, signal);
        if (now === undefined) throw notFound(resourceOf(kind), name);
        ({ entry, stale } = now);
        fresh = true;
      }
      const seen: Entry = entry;
      const outcome = await this.#decide(kind, stored, seen, decide, { fresh, stale });
      if (outcome === 'behind' || (outcome.action === 'keep' && !fresh)) {
        const now = await this.#read(kind, key, signal);
        if (now === undefined) throw notFound(resourceOf(kind), name);
        if (outcome !== 'behind' && now.entry.revision === seen.revision && !now.stale) return { entry: now.entry, removed: false };
        ({ entry, stale } = now);
        fresh = true;
        continue;
      }
      if (outcome.action === 'keep') return { entry: seen, removed: false };
      const done = await this.#write(kind, stored, seen, outcome);
      if (!('retry' in done)) return done;
      entry = done.retry;
      stale = false;
      fresh = true;
    }
    throw conflict(resourceOf(kind), name, 'the object has been modified; please apply your changes to the latest version and try again');
  }

  /** Writes new states of several objects of a kind in one transaction, under the versions they were read at; false when one of them has changed since. */
  async replaceAll(kind: KindDefinition, changes: ReadonlyArray<{ readonly entry: Entry; readonly object: KubeObject }>): Promise<boolean> {
    const stored = this.#registry.storageOf(kind);
    const compares = changes.map(({ entry }) => ({ key: entry.key, modRevision: entry.revision }));
    const writes = await Promise.all(changes.map(async ({ entry, object }) => this.#put(stored, entry.key, encoded(stored, await convertObject(kind, stored, object)))));
    const result = await translated(this.#store.txn(compares, writes));
    // After a lost race too the cache is to be as new as what was lost to.
    this.#caches.wrote(kind, result.succeeded ? result.revision : Math.max(0, ...result.current.map((value) => value?.modRevision ?? 0)));
    return result.succeeded;
  }

  async #decide(kind: KindDefinition, stored: KindDefinition, entry: Entry, decide: (current: KubeObject) => Promise<Outcome> | Outcome, { fresh, stale }: { readonly fresh: boolean; readonly stale: boolean }): Promise<Encoded | 'behind'> {
    try {
      return await this.#encoded(kind, stored, entry, await decide(this.decode(kind, entry)), stale);
    } catch (error) {
      if (fresh) throw error;
      return 'behind';
    }
  }

  /** What is to be written in the form that it is stored in; `keep` when that is what is there. What is stored under an old key (`stale`) is always written. */
  async #encoded(kind: KindDefinition, stored: KindDefinition, seen: Entry, outcome: Outcome, stale: boolean): Promise<Encoded> {
    if (outcome.action !== 'put') return outcome;
    const form = kind === stored ? outcome.object : await convertObject(kind, stored, outcome.object);
    const value = encoded(stored, form);
    const compares = !stale && (outcome.companions ?? []).length === 0 && (kind !== stored || mayBeSame(value, seen.bytes, seen.revision));
    // Compared with a copy of its own: `decide` may have changed the one it was given.
    return compares && sameContent(outcome.object, this.decode(kind, seen)) ? { action: 'keep' } : { ...outcome, form, value };
  }

  async #write(kind: KindDefinition, stored: KindDefinition, seen: Entry, outcome: Exclude<Encoded, { action: 'keep' }>): Promise<ChangeResult | { retry: Entry | undefined }> {
    const extra = this.#companionWrites(outcome.companions ?? []);
    const { form, value } = outcome.action === 'put' ? outcome : { form: undefined, value: undefined };
    const write = value === undefined ? ({ kind: 'delete', key: seen.key } as const) : this.#put(stored, seen.key, value);
    const cache = value === undefined || form === undefined ? undefined : this.#expect(kind, seen.key, value, form);
    const result = await this.#txn(cache, seen.key, [{ key: seen.key, modRevision: seen.revision }, ...extra.compares], [write, ...extra.writes]);
    if (!result.succeeded) {
      const [now] = result.current;
      // It was a companion that changed: `decide` looks again, at the same state.
      if (now?.modRevision === seen.revision) return { retry: seen };
      return { retry: now === undefined ? undefined : await this.#entryOf(kind, now) };
    }
    this.#wrote(kind, outcome.companions ?? [], result);
    if (value === undefined || form === undefined) return { entry: tombstoneOf(this.#caches.heldAs(kind), seen, result.revision), removed: true };
    if (kind.convert !== undefined) return { entry: await this.#entryOf(kind, { key: seen.key, value, modRevision: result.revision }), removed: false };
    return { entry: cache?.written(seen.key, value, result.revision) ?? entryOfObject(stored, seen.key, result.revision, withRevision(stored, value, result.revision), form), removed: false };
  }

  #put(kind: KindDefinition, key: string, value: Uint8Array): StoreWrite | Promise<StoreWrite> {
    if (kind.group !== '' || kind.plural !== 'events') return { kind: 'put', key, value };
    return translated(this.#leases.current()).then((lease) => ({ kind: 'put', key, value, lease }));
  }

  /** The cache that takes over the value when it comes back; none for kinds that a webhook converts. */
  #expect(kind: KindDefinition, key: string, value: Uint8Array, object: KubeObject): WatchCache | undefined {
    if (kind.convert !== undefined) return undefined;
    const cache = this.#caches.of(kind);
    cache.expect(key, value, object);
    return cache;
  }

  /** One transaction, of which the first write may have to wait for a lease. */
  async #txn(cache: WatchCache | undefined, key: string, compares: readonly ModRevisionIs[], [first, ...others]: readonly [StoreWrite | Promise<StoreWrite>, ...StoreWrite[]]): Promise<TxnResult> {
    try {
      const result = await translated(this.#store.txn(compares, [first instanceof Promise ? await first : first, ...others]));
      if (!result.succeeded) cache?.unwritten(key);
      return result;
    } catch (error) {
      cache?.unwritten(key);
      throw error;
    }
  }

  /** A stored value in the form of the kind's cache. */
  async #entryOf(kind: KindDefinition, value: Pick<StoredValue, 'key' | 'value' | 'modRevision'>): Promise<Entry> {
    const held = this.#caches.heldAs(kind);
    if (held.convert === undefined) return entryOf(held, value);
    const [entry] = await entriesOf(held, [value]);
    if (entry === undefined) throw new ApiError('InternalError', `${held.plural} could not be converted`);
    return entry;
  }

  #companionWrites(companions: readonly Companion[]): { compares: ModRevisionIs[]; writes: StoreWrite[] } {
    const compares: ModRevisionIs[] = [];
    const writes: StoreWrite[] = [];
    for (const companion of companions) {
      const kind = this.#registry.storageOf(this.#kindOf(companion));
      if (companion.action === 'delete') {
        writes.push({ kind: 'delete', key: objectKey(kind, companion.namespace, companion.name) });
        continue;
      }
      const key = objectKey(kind, companion.object.metadata.namespace ?? '', companion.object.metadata.name ?? '');
      compares.push({ key, modRevision: 0 });
      writes.push({ kind: 'put', key, value: encoded(kind, companion.object) });
    }
    return { compares, writes };
  }

  #wrote(kind: KindDefinition, companions: readonly Companion[], result: TxnResult): void {
    this.#caches.wrote(kind, result.revision);
    for (const companion of companions) {
      // One that was gone already leaves no change behind for the cache to wait for.
      if (companion.action === 'create') this.#caches.wrote(this.#kindOf(companion), result.revision);
    }
  }

  #kindOf(companion: Companion): KindDefinition {
    const kind = this.#registry.kinds.find((k) => k.group === companion.group && k.plural === companion.resource);
    if (kind === undefined) throw new ApiError('InternalError', `no such kind: ${companion.group}/${companion.resource}`);
    return kind;
  }
}

export function resourceOf(kind: KindDefinition): { group: string; resource: string } {
  return { group: kind.group, resource: kind.plural };
}

function encoded(kind: KindDefinition, object: KubeObject): Uint8Array {
  const value = encodeStored(kind, object);
  if (value.length > limits.objectBytesMax) throw new ApiError('RequestEntityTooLarge', `the object has ${value.length} bytes; at most ${limits.objectBytesMax} are allowed`);
  return value;
}

function sameContent(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion: _a, ...left } = a.metadata;
  const { resourceVersion: _b, ...right } = b.metadata;
  return deepEqual({ ...a, metadata: left }, { ...b, metadata: right });
}
