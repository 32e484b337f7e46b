import { ApiError, apiVersionOf, errorFromStatus, type KubeObject, type TypedResource } from '@rhythm/api';
import type { ListMeta, Status } from '@rhythm/api/types/meta-v1';
import type { ApiClient, DeleteOptions, ListOptions, ObjectList, PatchType, WatchEvent, WatchOptions, WriteOptions } from './api-client.ts';
import type { ApiTransport, TransportOptions, TransportRequest, TransportResponse, TransportVerb } from './transport.ts';

const json = 'application/json';
const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
};
const nothing = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An `ApiClient` on any transport. Objects travel as JSON. */
export function apiClient(transport: ApiTransport): ApiClient {
  return new TransportClient(transport);
}

class TransportClient implements ApiClient {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async get<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string, options: { subresource?: string; signal?: AbortSignal } = {}): Promise<T> {
    const { subresource = '', signal } = options;
    return this.#object<T>(requestOf('get', resource, { namespace, name: named(name), subresource, ...(signal === undefined ? {} : { signal }) }));
  }

  async list<T extends KubeObject>(resource: TypedResource<T>, namespace: string, options: ListOptions = {}): Promise<ObjectList<T>> {
    const { signal, ...selection } = options;
    const request = requestOf('list', resource, { namespace, options: selection, ...(signal === undefined ? {} : { signal }) });
    const list = await this.#object<{ metadata?: ListMeta; items?: T[] | null }>(request);
    const apiVersion = apiVersionOf(resource);
    const items = list.items ?? [];
    for (const item of items) {
      // Items of a list carry neither; what reads them (events, owner references) wants both.
      item.kind ??= resource.kind;
      item.apiVersion ??= apiVersion;
    }
    const next = list.metadata?.continue ?? '';
    return { items, resourceVersion: list.metadata?.resourceVersion ?? '', ...(next === '' ? {} : { continue: next }) };
  }

  async *watch<T extends KubeObject>(resource: TypedResource<T>, namespace: string, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>, void, void> {
    const { signal, allowWatchBookmarks = true, ...selection } = options;
    const request = requestOf('watch', resource, { namespace, options: { ...selection, allowWatchBookmarks }, ...(signal === undefined ? {} : { signal }) });
    for await (const batch of this.#transport.watch(request)) {
      for (const event of batch) {
        if (event.type === 'ERROR') throw errorFromStatus(parse<Status>(event.object));
        const object = parse<T>(event.object);
        if (event.type === 'BOOKMARK') yield { type: 'BOOKMARK', resourceVersion: object.metadata.resourceVersion ?? '' };
        else yield { type: event.type, object };
      }
    }
  }

  create<T extends KubeObject>(resource: TypedResource<T>, namespace: string, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#object<T>(requestOf('create', resource, { namespace, ...writing(options), body: encode(typed(resource, object)) }));
  }

  async createSubresource<R>(resource: TypedResource, namespace: string, name: string, subresource: string, body: unknown, options: WriteOptions = {}): Promise<R> {
    return this.#object<R>(requestOf('create', resource, { namespace, name: named(name), ...writing(options), subresource, body: encode(body) }));
  }

  async update<T extends KubeObject>(resource: TypedResource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace = '', name = '' } = object.metadata;
    return this.#object<T>(requestOf('update', resource, { namespace, name: named(name), ...writing(options), body: encode(typed(resource, object)) }));
  }

  async patch<T extends KubeObject>(resource: TypedResource<T>, namespace: string, name: string, type: PatchType, patch: unknown, options: WriteOptions = {}): Promise<T> {
    const write = writing(options);
    return this.#object<T>(
      requestOf('patch', resource, {
        namespace,
        name: named(name),
        ...write,
        // A component owns what it applies: its last word counts.
        options: type === 'apply' ? { ...write.options, force: true } : write.options,
        body: encode(patch),
        contentType: patchTypes[type],
      }),
    );
  }

  async delete(resource: TypedResource, namespace: string, name: string, options: DeleteOptions = {}): Promise<void> {
    const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(preconditions === undefined ? {} : { preconditions }),
      ...(dryRun === true ? { dryRun: ['All'] } : {}),
    };
    await this.#answer(requestOf('delete', resource, { namespace, name: named(name), ...writing(options), body: encode(body) }));
  }

  async #object<R>(request: TransportRequest): Promise<R> {
    return parse<R>((await this.#answer(request)).body);
  }

  async #answer(request: TransportRequest): Promise<TransportResponse> {
    const response = await this.#transport.request(request);
    if (response.code >= 400) throw errorFromResponse(response);
    return response;
  }
}

/** The error of a response that is a refusal; its body should be a Status. */
export function errorFromResponse(response: TransportResponse): ApiError {
  try {
    const status = parse<Status>(response.body);
    if (status.kind === 'Status') return errorFromStatus({ ...status, code: status.code ?? response.code });
  } catch {
    // Not a Status: the code is all there is.
  }
  return errorFromStatus({ metadata: {}, code: response.code, message: `the server answered ${response.code}` });
}

function requestOf(verb: TransportVerb, resource: TypedResource, rest: Partial<TransportRequest>): TransportRequest {
  return {
    verb,
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    namespace: '',
    name: '',
    subresource: '',
    options: {},
    body: nothing,
    contentType: json,
    accept: json,
    ...rest,
  };
}

function writing(options: WriteOptions): { subresource: string; options: TransportOptions; signal?: AbortSignal } {
  const { subresource = '', fieldManager, dryRun, signal } = options;
  return {
    subresource,
    options: { ...(fieldManager === undefined ? {} : { fieldManager }), ...(dryRun === true ? { dryRun: ['All'] } : {}) },
    ...(signal === undefined ? {} : { signal }),
  };
}

/** An empty name would turn the request on one object into one on all. */
function named(name: string): string {
  if (name === '') throw new ApiError('BadRequest', 'resource name may not be empty');
  return name;
}

function typed<T extends KubeObject>(resource: TypedResource<T>, object: T): T {
  if (object.kind !== undefined && object.apiVersion !== undefined) return object;
  return { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) };
}

function encode(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function parse<R>(body: Uint8Array): R {
  try {
    return JSON.parse(decoder.decode(body)) as R;
  } catch (error) {
    throw new ApiError('InternalError', 'the server sent something that is not JSON', { cause: error });
  }
}
