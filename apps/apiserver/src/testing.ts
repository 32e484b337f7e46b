import { kindRegistry, type KubeObject } from '@rhythm/api';
import { seededRandom, silentLog, VirtualClock, type Clock } from '@rhythm/base';
import { memoryStore, type ProgressMode, type Store, type WatchBatch } from '@rhythm/store-client';
import type { ConversionPorts } from './custom/conversion.ts';
import type { Auditor } from './audit/index.ts';
import { DefinitionController } from './custom/definition-controller.ts';
import { LiveRegistry } from './custom/live-registry.ts';
import { bodyCodec } from './pipeline/codec.ts';
import type { ResourceHandler } from './ports/handlers.ts';
import { objectReader } from './pipeline/object-reader.ts';
import { OwnWrites } from './pipeline/own-writes.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import type { PipelinePorts } from './pipeline/ports.ts';
import type { AdmissionStep, Caller, RequestOptions, ResourceRequest, ResourceResponse, ResourceWatch } from './ports/types.ts';
import { Caches } from './registry/caches.ts';
import { ObjectStore } from './registry/object-store.ts';
import { Renderer } from './render/render.ts';

/** For tests: a pipeline over a store in memory, where everybody is `tester` and may do everything. */
export interface TestApi {
  readonly pipeline: Pipeline;
  readonly ports: PipelinePorts;
  readonly clock: VirtualClock;
  readonly store: Store;
  /** The decoded body; rejects with `ApiError`. */
  call<T = KubeObject>(verb: string, path: string, body?: unknown, options?: RequestOptions & { contentType?: string; accept?: string }): Promise<T>;
  respond(verb: string, path: string, body?: unknown, options?: RequestOptions & { contentType?: string; accept?: string }): Promise<ResourceResponse>;
  watch(path: string, options?: RequestOptions & { accept?: string }, signal?: AbortSignal): Promise<ResourceWatch>;
  /** Serves what CustomResourceDefinitions define; stopped with the rest. */
  readonly definitions: DefinitionController;
  readonly registry: LiveRegistry;
  /** Ends the caches; a held store is released first. */
  stop(): Promise<void>;
}

export const testCaller: Caller = { header: () => undefined, headersWith: () => [] };

export function testApi(options: { store?: Store; clock?: VirtualClock; admission?: readonly AdmissionStep[]; handlers?: readonly ResourceHandler[]; audit?: Auditor; conversion?: ConversionPorts['client'] } = {}): TestApi {
  const clock = options.clock ?? new VirtualClock();
  const store = options.store ?? memoryStore();
  const random = seededRandom(7);
  const registry = new LiveRegistry(kindRegistry);
  const caches = new Caches({ store, clock, random, log: silentLog }, registry);
  const objects = new ObjectStore(store, caches, registry, clock);
  const ports: PipelinePorts = {
    registry,
    store,
    caches,
    objects,
    renderer: new Renderer(clock),
    codec: bodyCodec(registry),
    clock,
    random,
    log: silentLog,
    authenticator: { authenticate: () => Promise.resolve({ name: 'tester', groups: ['system:masters'] }) },
    authorizer: { authorize: () => Promise.resolve({ allowed: true, reason: '' }), rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: false }) },
    admission: options.admission ?? [],
    handlers: options.handlers ?? [],
    ...(options.audit === undefined ? {} : { audit: options.audit }),
  };
  const pipeline = new Pipeline(ports);
  const definitions = new DefinitionController({ registry, caches, reader: objectReader(ports), writes: new OwnWrites(ports), clock, random, log: silentLog, ...(options.conversion === undefined ? {} : { conversion: { client: options.conversion, random } }) });
  const respond: TestApi['respond'] = (verb, path, body, more = {}) => pipeline.handle(requestOf(verb, path, body, more));
  return {
    pipeline,
    ports,
    clock,
    store,
    registry,
    definitions,
    respond,
    call: async <T>(verb: string, path: string, body?: unknown, more: RequestOptions & { contentType?: string; accept?: string } = {}) => JSON.parse(await textOf(await respond(verb, path, body, more))) as T,
    watch: (path, more = {}, signal) => pipeline.watch(requestOf('watch', path, undefined, more, signal)),
    stop: () => {
      if (store instanceof HeldStore) store.release();
      return definitions.stop().then(() => caches.stop());
    },
  };
}

/** `[group/]version/[namespace/NS/]resource[/name[/subresource]]`, as `apps/v1/ns/default/deployments/web/scale`. */
function requestOf(verb: string, path: string, body: unknown, options: RequestOptions & { contentType?: string; accept?: string }, signal = new AbortController().signal): ResourceRequest {
  const parts = path.split('/');
  const core = /^v\d/.test(parts[0] ?? '');
  const [group = '', version = ''] = core ? ['', parts[0]] : parts;
  const rest = parts.slice(core ? 1 : 2);
  const namespace = rest[0] === 'ns' ? (rest[1] ?? '') : '';
  const [resource = '', name = '', subresource = ''] = rest[0] === 'ns' ? rest.slice(2) : rest;
  return {
    caller: testCaller,
    verb,
    group,
    version,
    resource,
    namespace,
    name,
    subresource,
    options,
    body: body === undefined ? new Uint8Array() : body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    contentType: options.contentType ?? 'application/json',
    accept: options.accept ?? 'application/json',
    userAgent: 'test',
    signal,
  };
}

export async function textOf(response: ResourceResponse): Promise<string> {
  if (response.body instanceof Uint8Array) return Buffer.from(response.body).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

export interface SeenEvent {
  readonly type: string;
  readonly name: string;
  readonly version: number;
  readonly object: KubeObject;
}

/** The next `count` events of a watch. */
export async function take(watch: ResourceWatch | AsyncIterator<readonly { type: string; object: Uint8Array }[]>, count: number): Promise<SeenEvent[]> {
  const iterator = 'next' in watch ? watch : watch[Symbol.asyncIterator]();
  const seen: SeenEvent[] = [];
  while (seen.length < count) {
    const next = await iterator.next();
    if (next.done === true) break;
    for (const event of next.value) {
      const object = JSON.parse(Buffer.from(event.object).toString()) as KubeObject;
      seen.push({ type: event.type, name: object.metadata?.name ?? '', version: Number(object.metadata?.resourceVersion ?? 0), object });
    }
  }
  return seen;
}

/** Reads a watch until an event is as wanted. Events come in batches, and all of one are looked at: which come together depends on the machine. */
export async function untilEvent(events: AsyncIterator<readonly { type: string; object: Uint8Array }[]>, wanted: (event: SeenEvent) => boolean): Promise<SeenEvent> {
  for (;;) {
    const seen = await take(events, 1);
    if (seen.length === 0) throw new Error('the watch ended');
    const found = seen.find(wanted);
    if (found !== undefined) return found;
  }
}

/** A store whose watches can be held back, and which tells progress as stores of the given mode do. */
export class HeldStore implements Store {
  readonly #inner: Store;
  readonly #mode: ProgressMode;
  #gate: { readonly open: Promise<void>; release(): void } | undefined;
  #wake = new Set<() => void>();
  progressRequests = 0;
  ranges = 0;

  constructor(inner: Store, mode: ProgressMode) {
    this.#inner = inner;
    this.#mode = mode;
  }

  hold(): void {
    let release = (): void => undefined;
    const open = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#gate = { open, release };
  }

  release(): void {
    this.#gate?.release();
    this.#gate = undefined;
  }

  progressMode(): ProgressMode {
    return this.#mode;
  }

  async requestProgress(): Promise<void> {
    this.progressRequests++;
    for (const wake of this.#wake) wake();
    await Promise.resolve();
  }

  range(...args: Parameters<Store['range']>): ReturnType<Store['range']> {
    this.ranges++;
    return this.#inner.range(...args);
  }

  txn(...args: Parameters<Store['txn']>): ReturnType<Store['txn']> {
    return this.#inner.txn(...args);
  }

  async *watch(prefix: string, revision: number, options: { previous?: boolean; signal?: AbortSignal } = {}): AsyncGenerator<WatchBatch> {
    const queue: WatchBatch[] = [];
    let wake = (): void => undefined;
    const tell = (): void => {
      void this.#inner.range('/none', { countOnly: true }).then(({ revision: now }) => {
        queue.push({ events: [], revision: now });
        wake();
      });
    };
    this.#wake.add(tell);
    const source = this.#inner.watch(prefix, revision, options)[Symbol.asyncIterator]();
    let failed: unknown;
    let done = false;
    const pump = async (): Promise<void> => {
      try {
        for (let next = await source.next(); next.done !== true; next = await source.next()) {
          // Only stores that push tell of progress by themselves.
          if (this.#mode !== 'pushed' && next.value.events.length === 0) continue;
          queue.push(next.value);
          wake();
        }
      } catch (error) {
        failed = error;
      }
      done = true;
      wake();
    };
    void pump();
    try {
      for (;;) {
        await this.#gate?.open;
        const batch = queue.shift();
        if (batch !== undefined) yield batch;
        else if (failed !== undefined) throw failed as Error;
        else if (done) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.#wake.delete(tell);
      await source.return?.();
    }
  }

  leaseGrant(ttlSeconds: number): Promise<bigint> {
    return this.#inner.leaseGrant(ttlSeconds);
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Lets everything that waits only for promises happen. */
export async function settled(clock: Pick<Clock, 'now'> & { advance(ms: number): Promise<void> }): Promise<void> {
  await clock.advance(0);
}
