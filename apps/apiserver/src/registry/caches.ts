import { toError } from '@rhythm/base';
import type { KindDefinition, KindRegistry } from '@rhythm/api';
import { limits } from '../limits.ts';
import { CacheMemory } from '../watch-cache/cache-memory.ts';
import { RevisionProbe } from '../watch-cache/revision-probe.ts';
import { Rounds } from '../watch-cache/rounds.ts';
import { WatchCache, type CachePorts } from '../watch-cache/watch-cache.ts';

/** The watch caches of all kinds, each made on first use. */
export class Caches {
  readonly probe: RevisionProbe;
  readonly #ports: CachePorts;
  readonly #registry: KindRegistry;
  readonly #caches = new Map<string, WatchCache>();
  /** The newest write of this server to a kind. */
  readonly #written = new Map<string, number>();
  readonly #stop = new AbortController();

  constructor(ports: CachePorts, registry: KindRegistry) {
    this.#ports = { ...ports, rounds: ports.rounds ?? new Rounds(ports.clock), memory: ports.memory ?? new CacheMemory() };
    this.#registry = registry;
    this.probe = new RevisionProbe(ports.store);
    void this.#sendBookmarks();
  }

  /** The cache of a kind; kinds stored together share one, in the storage version. Of kinds that a webhook converts each version has its own. */
  of(kind: KindDefinition): WatchCache {
    const held = this.heldAs(kind);
    const id = idOf(held);
    let cache = this.#caches.get(id);
    if (cache === undefined) {
      cache = new WatchCache(held, this.#ports);
      this.#caches.set(id, cache);
    }
    return cache;
  }

  /** How much there is of a kind; `undefined` while nobody has asked for it. */
  sizeOf(kind: KindDefinition): { readonly objects: number; readonly bytes: number; readonly watches: number } | undefined {
    const cache = this.#caches.get(idOf(this.heldAs(kind)));
    return cache === undefined ? undefined : { objects: cache.size, bytes: cache.bytes, watches: cache.watchers };
  }

  /** The kind in whose version the objects of `kind` are in its cache. */
  heldAs(kind: KindDefinition): KindDefinition {
    if (kind.convert === undefined) return this.#registry.storageOf(kind);
    // Whoever still has the kind of an older definition must not bring it back.
    return this.#registry.byResource(kind.group, kind.version, kind.plural) ?? kind;
  }

  /** Those that somebody has asked for. */
  all(): readonly WatchCache[] {
    return [...this.#caches.values()];
  }

  wrote(kind: KindDefinition, revision: number): void {
    const prefix = this.#registry.storageOf(kind).storagePrefix;
    this.#written.set(prefix, Math.max(revision, this.#written.get(prefix) ?? 0));
  }

  /** The cache, when it holds every write that this server has acknowledged already. */
  current(kind: KindDefinition): WatchCache | undefined {
    const cache = this.of(kind);
    return cache.isLoaded && cache.revision >= (this.#written.get(cache.kind.storagePrefix) ?? 0) ? cache : undefined;
  }

  /** The cache, once it holds every write that this server has acknowledged. */
  async afterOwnWrites(kind: KindDefinition, signal?: AbortSignal): Promise<WatchCache> {
    const cache = this.of(kind);
    const written = this.#written.get(cache.kind.storagePrefix) ?? 0;
    // A change of the kind itself always reaches its watch, whatever the progress mode; the wait is bounded all the same.
    await cache.waitFor(written, signal);
    return cache;
  }

  /** Forgets what is known of a kind whose definition has changed: its watches end, and it is read anew when somebody asks. */
  async drop(kind: KindDefinition): Promise<void> {
    const { storagePrefix } = kind;
    const caches = [...this.#caches].filter(([id]) => id === storagePrefix || id.startsWith(`${storagePrefix}@`));
    for (const [id] of caches) this.#caches.delete(id);
    await Promise.all(caches.map(([, cache]) => cache.stop()));
  }

  /** Ends all watches in peace, so many at a time that those who come back do not all come at once. */
  async endWatches(): Promise<void> {
    let ended = 0;
    for (const cache of this.#caches.values()) {
      for (const watcher of cache.openWatchers()) {
        watcher.end();
        if (++ended % limits.watchesEndedAtATime === 0) await this.#ports.clock.sleep(limits.watchesEndedEveryMs);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server is stopping'));
    await Promise.all([...this.#caches.values()].map((cache) => cache.stop()));
  }

  async #sendBookmarks(): Promise<void> {
    const { clock, log } = this.#ports;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(limits.bookmarkEveryMs, this.#stop.signal).catch(() => undefined);
      for (const cache of this.#caches.values()) {
        await cache.sendBookmarks().catch((error: unknown) => log.warn('bookmarks failed', { error: toError(error) }));
      }
    }
  }
}

function idOf(held: KindDefinition): string {
  return held.convert === undefined ? held.storagePrefix : `${held.storagePrefix}@${held.version}`;
}
