import { ApiError, hasReason, type KubeObject, type TypedResource } from '@rhythm/api';
import { backoffDelay, causeChain, type BackoffOptions, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import { keyOf } from './key.ts';
import { ObjectCache } from './object-cache.ts';
import type { IndexFunctions, Informer } from './ports.ts';

export interface InformerOptions<T extends KubeObject> {
  /** Default: all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexes?: IndexFunctions<T>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** An informer that can be stopped, and asked where it stands. */
export interface RunningInformer<T extends KubeObject> extends Informer<T> {
  readonly resource: TypedResource<T>;
  /** The version that the cache is current to; '' before the first list. */
  readonly resourceVersion: string;
  /** Adds an index later; one that exists under the name is kept. */
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  stop(): Promise<void>;
}

/** Objects asked for at a time, so that no list has to be parsed in one go. */
const pageItems = 1_000;
const backoff: BackoffOptions = { initialMs: 100, maxMs: 5_000, factor: 2, jitter: 0.5 };
/** A watch that lasted this long was a good one: the back-off begins anew. */
const goodWatchMs = 5_000;

/**
 * Lists, then watches for ever: resumes where it was after a lost connection, lists again when the version is
 * too old, with back-off. What a relist does not find is deleted, what it finds unchanged is not reported.
 */
export function startInformer<T extends KubeObject>(client: ApiClient, resource: TypedResource<T>, options: InformerOptions<T>): RunningInformer<T> {
  const reflector = new Reflector(client, resource, options);
  const { cache } = reflector;
  for (const [name, values] of Object.entries(options.indexes ?? {})) cache.addIndex(name, values);
  const running = reflector.run();
  return {
    resource,
    get resourceVersion() {
      return reflector.version;
    },
    get: (key) => cache.get(key),
    list: () => cache.list(),
    byIndex: (name, value) => cache.byIndex(name, value),
    addIndex: (name, values) => cache.addIndex(name, values),
    addHandler: (handler) => cache.addHandler(handler),
    synced: () => reflector.synced.promise,
    async stop() {
      reflector.abort.abort(new Error(`the informer on ${resource.resource} stops`));
      await running;
    },
  };
}

class Reflector<T extends KubeObject> {
  readonly cache: ObjectCache<T>;
  readonly synced = Promise.withResolvers<void>();
  readonly abort = new AbortController();
  version = '';
  readonly #client: ApiClient;
  readonly #resource: TypedResource<T>;
  readonly #options: InformerOptions<T>;
  readonly #log: Log;
  #failures = 0;

  constructor(client: ApiClient, resource: TypedResource<T>, options: InformerOptions<T>) {
    this.#client = client;
    this.#resource = resource;
    this.#options = options;
    this.#log = options.log.with({ resource: resource.resource });
    this.cache = new ObjectCache(this.#log);
  }

  async run(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      const startedMs = this.#options.clock.monotonic();
      try {
        if (this.version === '') await this.#list();
        await this.#watch();
      } catch (error) {
        if (signal.aborted) break;
        this.#failed(error);
      }
      if (this.#options.clock.monotonic() - startedMs >= goodWatchMs) this.#failures = 0;
      await this.#pause();
    }
  }

  /** A clean end counts too, so that a server that ends every watch at once is not called in a loop. */
  async #pause(): Promise<void> {
    const delayMs = backoffDelay(backoff, this.#failures++, this.#options.random);
    await this.#options.clock.sleep(delayMs, this.abort.signal).catch(() => undefined);
  }

  #failed(error: unknown): void {
    if (hasReason(error, 'Expired') || hasReason(error, 'Gone')) {
      this.#log.info('the version is too old, listing again', { version: this.version });
      this.version = '';
      return;
    }
    this.#log.warn(this.version === '' ? 'list failed' : 'watch failed', { error: causeChain(error) });
  }

  async #list(): Promise<void> {
    const { namespace = '', labelSelector, fieldSelector } = this.#options;
    const selectors = { ...(labelSelector === undefined ? {} : { labelSelector }), ...(fieldSelector === undefined ? {} : { fieldSelector }) };
    const items: T[] = [];
    let next: string | undefined;
    let version = '';
    do {
      const page = await this.#client.list(this.#resource, namespace, {
        ...selectors,
        limit: pageItems,
        ...(next === undefined ? {} : { continue: next }),
        signal: this.abort.signal,
      });
      this.abort.signal.throwIfAborted();
      items.push(...page.items);
      if (version === '') version = page.resourceVersion;
      next = page.continue === '' ? undefined : page.continue;
    } while (next !== undefined);
    this.cache.replace(items);
    this.version = version;
    this.synced.resolve();
  }

  async #watch(): Promise<void> {
    const { namespace = '', labelSelector, fieldSelector } = this.#options;
    const events = this.#client.watch(this.#resource, namespace, {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      resourceVersion: this.version,
      allowWatchBookmarks: true,
      signal: this.abort.signal,
    });
    for await (const event of events) {
      if (this.abort.signal.aborted) return;
      if (event.type === 'BOOKMARK') {
        this.version = event.resourceVersion;
        continue;
      }
      if (event.type === 'DELETED') this.cache.remove(keyOf(event.object), event.object);
      else this.cache.put(event.object);
      const version = event.object.metadata.resourceVersion;
      if (version === undefined || version === '') throw new ApiError('InternalError', 'a watch event carries no resourceVersion');
      this.version = version;
    }
  }
}
