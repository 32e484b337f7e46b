import { ApiError } from '@rhythm/api';
import { Verb, type Options, type Request } from '@rhythm/proto/api';
import type { Caller, RequestOptions, ResourceRequest } from '../pipeline/types.ts';

const verbs: ReadonlyMap<number, string> = new Map<number, string>([
  [Verb.VERB_GET, 'get'],
  [Verb.VERB_LIST, 'list'],
  [Verb.VERB_WATCH, 'watch'],
  [Verb.VERB_CREATE, 'create'],
  [Verb.VERB_UPDATE, 'update'],
  [Verb.VERB_PATCH, 'patch'],
  [Verb.VERB_DELETE, 'delete'],
  [Verb.VERB_DELETE_COLLECTION, 'deletecollection'],
]);
/** Verbs on one object; with an empty name they would be requests on all. */
const named = new Set(['get', 'update', 'patch', 'delete']);

/** The verb's name in the API. Throws `ApiError` BadRequest for one that is not known. */
export function verbOf(verb: Verb): string {
  const name = verbs.get(verb);
  if (name === undefined) throw new ApiError('BadRequest', 'the request has no verb that this server knows');
  return name;
}

/** A request of the gRPC face as the pipeline takes it. Throws `ApiError` BadRequest. */
export function resourceRequest(request: Request, verb: string, body: Uint8Array, caller: Caller, signal: AbortSignal): ResourceRequest {
  if (request.resource === '' || request.version === '') throw new ApiError('BadRequest', 'the request names no resource or version');
  if (request.name === '' && named.has(verb)) throw new ApiError('BadRequest', 'resource name may not be empty');
  // These become parts of a path, and of keys in the store.
  for (const segment of [request.group, request.version, request.resource, request.namespace, request.name]) {
    if (segment === '.' || segment === '..' || /[/%\0]/.test(segment)) throw new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`);
  }
  return {
    caller,
    verb,
    group: request.group,
    version: request.version,
    resource: request.resource,
    namespace: request.namespace,
    name: request.name,
    subresource: request.subresource,
    options: request.options === undefined ? {} : optionsOf(request.options),
    body,
    contentType: request.contentType === '' ? 'application/json' : request.contentType,
    accept: request.accept === '' ? 'application/json' : request.accept,
    userAgent: caller.header('user-agent') ?? '',
    signal,
  };
}

function optionsOf(options: Options): RequestOptions {
  const result: Record<string, unknown> = {};
  for (const key of ['resourceVersion', 'resourceVersionMatch', 'labelSelector', 'fieldSelector', 'continue', 'fieldManager', 'fieldValidation'] as const) {
    if (options[key] !== '') result[key] = options[key];
  }
  if (options.limit !== 0n) result['limit'] = integer(options.limit, 'limit');
  if (options.timeoutSeconds !== 0n) result['timeoutSeconds'] = integer(options.timeoutSeconds, 'timeoutSeconds');
  if (options.allowWatchBookmarks) result['allowWatchBookmarks'] = true;
  if (options.sendInitialEvents !== undefined) result['sendInitialEvents'] = options.sendInitialEvents;
  if (options.dryRun.length > 0) result['dryRun'] = options.dryRun;
  if (options.force) result['force'] = true;
  return result as RequestOptions;
}

function integer(value: bigint, name: string): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ApiError('BadRequest', `${name} is out of range`);
  return Number(value);
}
