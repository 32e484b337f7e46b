import { toError } from '@rhythm/base';
import type { KindDefinition, KindRegistry } from '@rhythm/api';
import { limits } from '../limits.ts';
import { RevisionProbe } from '../watch-cache/revision-probe.ts';
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
    this.#ports = ports;
    this.#registry = registry;
    this.probe = new RevisionProbe(ports.store);
    void this.#sendBookmarks();
  }

  /** The cache of a kind; kinds stored together share one, in the storage version. */
  of(kind: KindDefinition): WatchCache {
    const stored = this.#registry.storageOf(kind);
    let cache = this.#caches.get(stored.storagePrefix);
    if (cache === undefined) {
      cache = new WatchCache(stored, this.#ports);
      this.#caches.set(stored.storagePrefix, cache);
    }
    return cache;
  }

  /** Those that somebody has asked for. */
  all(): readonly WatchCache[] {
    return [...this.#caches.values()];
  }

  wrote(kind: KindDefinition, revision: number): void {
    const prefix = this.#registry.storageOf(kind).storagePrefix;
    this.#written.set(prefix, Math.max(revision, this.#written.get(prefix) ?? 0));
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
    const cache = this.#caches.get(kind.storagePrefix);
    if (cache === undefined) return;
    this.#caches.delete(kind.storagePrefix);
    await cache.stop();
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
