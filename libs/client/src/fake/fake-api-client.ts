import { alreadyExists, apiVersionOf, ApiError, applyPatch, conflict, notFound, schemaFor, type KubeObject, type TypedResource } from '@rhythm/api';
import { formatTime, randomSuffix, randomUuid, seededRandom, type Clock, type Random } from '@rhythm/base';
import type { ApiClient, DeleteOptions, ListOptions, ObjectList, PatchType, WatchEvent, WatchOptions, WriteOptions } from '../api-client.ts';
import { FakeStore } from './fake-store.ts';
import { desiredChanged, isReleased, mergeUpdate, prepareForCreate, prepareForDelete, type Loose } from './strategy.ts';

/** One call that a component made, in order. */
export interface FakeCall {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export interface FakeOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Default: a seeded one. */
  readonly random?: Random;
  /** Called before each call; what it throws is the answer. For faults. */
  readonly before?: (call: FakeCall) => void | Promise<void>;
}

/** An `ApiClient` with an API server inside, and a test's hands on it. */
export interface FakeApiClient extends ApiClient {
  /** All calls so far. Reads too. */
  readonly calls: readonly FakeCall[];
  /** `verb resource/subresource namespace/name` of the writes so far; `clearCalls` forgets them. */
  writes(): readonly string[];
  clearCalls(): void;
  /** Stores an object as it is, status and all; fills in uid, version and creation time. Replaces one of the same name. */
  seed<T extends KubeObject>(resource: TypedResource<T>, object: T): T;
  /** What is stored, or undefined. A copy. */
  peek<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string): T | undefined;
  all<T extends KubeObject>(resource: TypedResource<T>, namespace?: string): readonly T[];
  /** Removes an object whatever holds it. */
  remove(resource: TypedResource, namespace: string, name: string): void;
  /** Ends every watch, as a lost connection does (default) or with `error`. */
  breakWatches(error?: ApiError): void;
  /** Makes every version so far too old to watch from. */
  compact(): void;
  /** Sends every watch a BOOKMARK. */
  bookmark(): void;
  /** Open watches. */
  readonly watchCount: number;
}

/** An API server in memory behind an `ApiClient`. */
export function fakeApiClient(options: FakeOptions): FakeApiClient {
  return new Fake(options);
}

class Fake implements FakeApiClient {
  readonly #store = new FakeStore();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #random: Random;
  readonly #before: ((call: FakeCall) => void | Promise<void>) | undefined;
  #calls: FakeCall[] = [];

  constructor(options: FakeOptions) {
    this.#clock = options.clock;
    this.#random = options.random ?? seededRandom(1);
    this.#before = options.before;
  }

  get calls(): readonly FakeCall[] {
    return this.#calls;
  }

  get watchCount(): number {
    return this.#store.watchCount;
  }

  writes(): readonly string[] {
    const reads = new Set<FakeCall['verb']>(['get', 'list', 'watch']);
    const subresource = (c: FakeCall): string => (c.subresource === '' ? '' : `/${c.subresource}`);
    return this.#calls.filter((c) => !reads.has(c.verb)).map((c) => `${c.verb} ${c.resource}${subresource(c)} ${keyOf(c.namespace, c.name)}`);
  }

  clearCalls(): void {
    this.#calls = [];
  }

  seed<T extends KubeObject>(resource: TypedResource<T>, object: T): T {
    const copy = this.#complete(resource, structuredClone(object) as Loose, object.metadata.namespace ?? '');
    this.#store.write(resource, keyOf(copy.metadata.namespace, copy.metadata.name), copy);
    return structuredClone(copy) as unknown as T;
  }

  peek<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string): T | undefined {
    return structuredClone(this.#store.table(resource).objects.get(keyOf(namespace, name))) as T | undefined;
  }

  all<T extends KubeObject>(resource: TypedResource<T>, namespace = ''): readonly T[] {
    return this.#store.list(resource, namespace, {}) as readonly T[];
  }

  remove(resource: TypedResource, namespace: string, name: string): void {
    if (this.#store.table(resource).objects.has(keyOf(namespace, name))) this.#store.write(resource, keyOf(namespace, name), undefined);
  }

  breakWatches(error: ApiError = new ApiError('ServiceUnavailable', 'the connection was lost')): void {
    this.#store.endWatches(error);
  }

  compact(): void {
    this.#store.compact();
  }

  bookmark(): void {
    this.#store.bookmark();
  }

  async get<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string, options: { subresource?: string; signal?: AbortSignal } = {}): Promise<T> {
    await this.#called('get', resource, namespace, name, options.subresource, options.signal);
    return structuredClone(this.#existing(resource, namespace, name)) as unknown as T;
  }

  async list<T extends KubeObject>(resource: TypedResource<T>, namespace: string, options: ListOptions = {}): Promise<ObjectList<T>> {
    await this.#called('list', resource, namespace, '', '', options.signal);
    const all = this.#store.list(resource, namespace, options) as readonly T[];
    const start = options.continue === undefined || options.continue === '' ? 0 : Number(options.continue);
    const end = options.limit === undefined || options.limit === 0 ? all.length : start + options.limit;
    const resourceVersion = String(this.#store.version);
    return { items: all.slice(start, end), resourceVersion, ...(end < all.length ? { continue: String(end) } : {}) };
  }

  async *watch<T extends KubeObject>(resource: TypedResource<T>, namespace: string, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, void> {
    await this.#called('watch', resource, namespace, '', '', options.signal);
    for await (const event of this.#store.watch(resource, namespace, options)) {
      if (event.type !== 'BOOKMARK' || options.allowWatchBookmarks !== false) yield event as WatchEvent<T>;
    }
  }

  async create<T extends KubeObject>(resource: TypedResource<T>, namespace: string, object: T, options: WriteOptions = {}): Promise<T> {
    const name = object.metadata.name ?? '';
    await this.#called('create', resource, namespace, name, '', options.signal);
    const copy = structuredClone(object) as Loose;
    if ((copy.metadata.resourceVersion ?? '') !== '') throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
    delete copy.metadata.uid;
    delete copy.metadata.creationTimestamp;
    delete copy.metadata.deletionTimestamp;
    if (name === '') copy.metadata.name = this.#generatedName(copy.metadata.generateName);
    prepareForCreate(resource, copy);
    this.#complete(resource, copy, namespace);
    copy.metadata.generation = 1;
    const key = keyOf(namespace, copy.metadata.name);
    if (this.#store.table(resource).objects.has(key)) throw alreadyExists(resource, copy.metadata.name ?? '');
    return this.#write(resource, key, copy, options) as unknown as T;
  }

  async createSubresource<R>(resource: TypedResource, namespace: string, name: string, subresource: string, body: unknown, options: WriteOptions = {}): Promise<R> {
    await this.#called('create', resource, namespace, name, subresource, options.signal);
    switch (subresource) {
      case 'binding':
        return this.#bind(resource, namespace, name, body, options) as R;
      case 'eviction':
        this.#delete(resource, namespace, name, {});
        return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } as R;
      case 'token': {
        const request = structuredClone(body) as { spec?: { expirationSeconds?: number } };
        const expiresMs = (request.spec?.expirationSeconds ?? 3600) * 1000;
        return { ...request, status: { token: `fake-token-of-${name}`, expirationTimestamp: formatTime(this.#clock.now() + expiresMs) } } as R;
      }
      default:
        throw new ApiError('NotFound', `the fake server has no subresource ${subresource} to create`);
    }
  }

  async update<T extends KubeObject>(resource: TypedResource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace = '', name = '' } = object.metadata;
    await this.#called('update', resource, namespace, name, options.subresource, options.signal);
    const old = this.#existing(resource, namespace, name);
    return this.#replace(resource, old, structuredClone(object) as Loose, options) as unknown as T;
  }

  async patch<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string, type: PatchType, patch: unknown, options: WriteOptions = {}): Promise<T> {
    await this.#called('patch', resource, namespace, name, options.subresource, options.signal);
    const old = this.#existing(resource, namespace, name);
    if (type === 'apply') throw new ApiError('MethodNotAllowed', 'the fake server does not apply');
    const schema = schemaFor(resource.group, resource.version, resource.kind);
    if (schema === undefined && type === 'strategic') throw new ApiError('UnsupportedMediaType', 'strategic merge patches are for built-in kinds');
    const patched = applyPatch(type, schema ?? { type: 'object' }, old, patch) as unknown as Loose;
    return this.#replace(resource, old, patched, options) as unknown as T;
  }

  async delete(resource: TypedResource, namespace: string, name: string, options: DeleteOptions = {}): Promise<void> {
    await this.#called('delete', resource, namespace, name, '', options.signal);
    this.#delete(resource, namespace, name, options);
  }

  async #called(verb: FakeCall['verb'], resource: TypedResource, namespace: string, name: string, subresource = '', signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const call: FakeCall = { verb, resource: resource.resource, namespace, name, subresource };
    this.#calls.push(call);
    await this.#before?.(call);
  }

  #existing(resource: TypedResource, namespace: string, name: string): Loose {
    const found = this.#store.table(resource).objects.get(keyOf(namespace, name));
    if (found === undefined) throw notFound(resource, name);
    return found as Loose;
  }

  #replace(resource: TypedResource, old: Loose, object: Loose, options: WriteOptions): Loose {
    const { name = '', namespace = '' } = old.metadata;
    const version = object.metadata.resourceVersion ?? '';
    if (version !== '' && version !== old.metadata.resourceVersion) {
      throw conflict(resource, name, 'the object has been modified; please apply your changes to the latest version and try again');
    }
    if (object.metadata.uid !== undefined && object.metadata.uid !== old.metadata.uid) {
      throw conflict(resource, name, `Precondition failed: UID in precondition: ${object.metadata.uid}, UID in object meta: ${old.metadata.uid ?? ''}`);
    }
    const next = mergeUpdate(old, object, options.subresource ?? '');
    const fixed = { name, namespace, uid: old.metadata.uid ?? '', creationTimestamp: old.metadata.creationTimestamp ?? '' };
    next.metadata = { ...next.metadata, ...fixed, resourceVersion: old.metadata.resourceVersion ?? '' };
    if (!resource.namespaced) delete next.metadata.namespace;
    next.metadata.generation = (old.metadata.generation ?? 1) + (desiredChanged(old, next) ? 1 : 0);
    if (sameJson(old, next)) return structuredClone(old);
    const key = keyOf(namespace, name);
    if (isReleased(resource, next)) {
      this.#store.write(resource, key, undefined);
      return next;
    }
    return this.#write(resource, key, next, options);
  }

  #bind(resource: TypedResource, namespace: string, name: string, body: unknown, options: WriteOptions): unknown {
    const old = this.#existing(resource, namespace, name);
    const node = (body as { target?: { name?: string } }).target?.name ?? '';
    const bound = old.spec?.['nodeName'];
    if (typeof bound === 'string' && bound !== '') throw conflict(resource, name, `pod ${name} is already assigned to node "${bound}"`);
    if (old.metadata.deletionTimestamp !== undefined) throw conflict(resource, name, `pod ${name} is being deleted, cannot be assigned to a host`);
    const next = structuredClone(old);
    next.spec = { ...next.spec, nodeName: node };
    const others = ((next.status?.['conditions'] ?? []) as Array<{ type: string }>).filter((c) => c.type !== 'PodScheduled');
    const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(this.#clock.now()) };
    next.status = { ...next.status, conditions: [...others, scheduled] };
    this.#write(resource, keyOf(namespace, name), next, options);
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
  }

  #delete(resource: TypedResource, namespace: string, name: string, options: DeleteOptions): void {
    const old = this.#existing(resource, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== old.metadata.uid) {
      throw conflict(resource, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`);
    }
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      throw conflict(resource, name, `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion ?? ''}`);
    }
    const next = prepareForDelete(resource, old, options, this.#clock);
    const key = keyOf(namespace, name);
    if (next === 'gone') {
      if (options.dryRun !== true) this.#store.write(resource, key, undefined);
    } else if (!sameJson(old, next)) this.#write(resource, key, next, options);
  }

  #write(resource: TypedResource, key: string, object: Loose, options: WriteOptions): Loose {
    if (options.dryRun !== true) this.#store.write(resource, key, object);
    return structuredClone(object);
  }

  #complete(resource: TypedResource, object: Loose, namespace: string): Loose {
    object.kind = resource.kind;
    object.apiVersion = apiVersionOf(resource);
    object.metadata.uid ??= randomUuid(this.#random);
    object.metadata.creationTimestamp ??= formatTime(this.#clock.now());
    object.metadata.generation ??= 1;
    if (resource.namespaced) {
      if (namespace === '') throw new ApiError('BadRequest', `${resource.resource} are namespaced: a namespace is required`);
      if ((object.metadata.namespace ?? namespace) !== namespace) {
        throw new ApiError('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
      }
      object.metadata.namespace = namespace;
    }
    return object;
  }

  #generatedName(prefix: string | undefined): string {
    if (prefix === undefined || prefix === '') throw new ApiError('Invalid', 'metadata.name: Required value: name or generateName is required');
    return `${prefix}${randomSuffix(this.#random)}`;
  }
}

function keyOf(namespace: string | undefined, name: string | undefined): string {
  return namespace === undefined || namespace === '' ? (name ?? '') : `${namespace}/${name ?? ''}`;
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
