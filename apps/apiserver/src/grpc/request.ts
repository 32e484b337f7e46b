import { ApiError } from '@rhythm/api';
import { Verb, type Request } from '@rhythm/proto/api';
import { readOptions } from '../pipeline/options.ts';
import type { Caller, ResourceRequest } from '../ports/types.ts';
import { queryOf } from './query.ts';

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
/** What needs a connection that changes its protocol. */
const overHttpOnly = new Set(['pods/exec', 'pods/attach', 'pods/portforward']);
/** Verbs on one object; with an empty name they would be requests on all. */
const named = new Set(['get', 'update', 'patch', 'delete']);

/** The verb's name in the API. Throws `ApiError` BadRequest for one that is not known. */
export function verbOf(verb: Verb): string {
  const name = verbs.get(verb);
  if (name === undefined) throw new ApiError('BadRequest', 'the request has no verb that this server knows');
  return name;
}

/**
 * A request of the gRPC face as the pipeline takes it. What is wrong with it is told by the pipeline, to those who may make it.
 * `bodyBytesMax`: of a body that is larger, only that it is.
 */
export function resourceRequest(request: Request, verb: string, body: Uint8Array, caller: Caller, signal: AbortSignal, bodyBytesMax = Infinity): ResourceRequest {
  const query = queryOf(request.options, verb);
  const { options, refusal } = readOptions(query);
  const wrong = refusalOf(request, verb) ?? refusal;
  return {
    caller,
    verb,
    group: request.group,
    version: request.version,
    resource: request.resource,
    namespace: request.namespace,
    name: request.name,
    subresource: request.subresource,
    options,
    ...(query === undefined ? {} : { query }),
    ...(wrong === undefined ? {} : { refusal: wrong }),
    body,
    ...(body.length <= bodyBytesMax ? {} : { body: new Uint8Array(), loadBody: () => Promise.reject(bodyTooLarge(bodyBytesMax)) }),
    contentType: request.contentType === '' ? 'application/json' : request.contentType,
    accept: request.accept === '' ? 'application/json' : request.accept,
    userAgent: caller.header('user-agent') ?? '',
    signal,
  };
}

/** In the HTTP face's words. */
export function bodyTooLarge(bytesMax: number): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${bytesMax}`);
}

function refusalOf(request: Request, verb: string): ApiError | undefined {
  if (request.resource === '' || request.version === '') return new ApiError('BadRequest', 'the request names no resource or version');
  if (request.name === '' && named.has(verb)) return new ApiError('BadRequest', 'resource name may not be empty');
  // These become parts of a path, and of keys in the store.
  for (const segment of [request.group, request.version, request.resource, request.namespace, request.name]) {
    if (segment === '.' || segment === '..' || /[/%\0]/.test(segment)) return new ApiError('BadRequest', `invalid path segment ${JSON.stringify(segment)}`);
  }
  const path = `${request.resource}/${request.subresource}`;
  if (request.group === '' && overHttpOnly.has(path)) return new ApiError('MethodNotAllowed', `${path} is served over HTTP only: as a WebSocket, or SPDY`);
  return undefined;
}
