import type { HttpExchange, HttpUpgrade } from '@rhythm/http';
import { readOptions } from '../pipeline/options.ts';
import { verbOf, wantsWatch, type ResourcePath } from '../ports/path.ts';
import type { Caller, ResourceRequest } from '../ports/types.ts';

const noBody = new Uint8Array();

export function callerOf(source: Pick<HttpExchange | HttpUpgrade, 'peer' | 'header' | 'headersWith'> & { readonly remoteAddress?: string }): Caller {
  return {
    ...(source.remoteAddress === undefined ? {} : { address: source.remoteAddress }),
    ...(source.peer === undefined ? {} : { certificate: source.peer }),
    header: (name) => source.header(name),
    headersWith: (prefix) => source.headersWith(prefix),
  };
}

/** The request on a resource that an HTTP request means. @throws ApiError BadRequest, MethodNotAllowed. */
export function resourceRequestOf(source: Pick<HttpExchange | HttpUpgrade, 'peer' | 'header' | 'headersWith' | 'query'> & { readonly remoteAddress?: string }, method: string, path: ResourcePath, signal: AbortSignal, loadBody?: () => Promise<Uint8Array>): ResourceRequest {
  const { query } = source;
  return {
    caller: callerOf(source),
    verb: verbOf(method, path, wantsWatch(query)),
    group: path.group,
    version: path.version,
    resource: path.resource,
    namespace: path.namespace,
    name: path.name,
    subresource: path.subresource,
    ...readOptions(query),
    query,
    body: noBody,
    ...(loadBody === undefined ? {} : { loadBody }),
    contentType: source.header('content-type') ?? 'application/json',
    accept: source.header('accept') ?? '*/*',
    userAgent: source.header('user-agent') ?? '',
    signal,
  };
}

/** The request on a proxy subresource. Its query and body are the backend's, and mean nothing here. @throws ApiError MethodNotAllowed. */
export function proxiedRequestOf(source: Parameters<typeof resourceRequestOf>[0], method: string, path: ResourcePath, signal: AbortSignal): ResourceRequest {
  const known = { ...(source.remoteAddress === undefined ? {} : { remoteAddress: source.remoteAddress }), peer: source.peer, header: (name: string) => source.header(name), headersWith: (prefix: string) => source.headersWith(prefix), query: new URLSearchParams() };
  // OPTIONS has no verb: only who may do everything may send it, as in Kubernetes.
  if (method === 'OPTIONS') return { ...resourceRequestOf(known, 'GET', path, signal), verb: '' };
  return resourceRequestOf(known, method, path, signal);
}
