import { ApiError } from '@rhythm/api';
import { verbOf, wantsWatch, type ResourcePath } from '../ports/path.ts';
import { parseOptions } from '../pipeline/options.ts';
import type { Caller, ResourceRequest } from '../ports/types.ts';
import type { HttpExchange } from '@rhythm/http';

/** The group version that a path lies in, without a look at the rest of it; `undefined` for all other paths. */
export function groupVersionOf(path: string): { readonly group: string; readonly version: string; readonly isResource: boolean } | undefined {
  const found = /^\/(?:api|apis\/([^/]+))\/([^/]+)(\/[^/]|\/?$)/.exec(path);
  if (found === null) return undefined;
  return { group: found[1] ?? '', version: found[2] ?? '', isResource: (found[3] ?? '').length > 1 };
}

/**
 * Refuses paths in which the other server could read another resource than the one that was authorised here: parts that are empty, dots, or hide a
 * slash. What follows a subresource is that one's affair. @throws ApiError BadRequest.
 */
export function checkPlain(path: string): void {
  const parts = path.replace(/\/$/, '').split('/').slice(1);
  const first = parts[0] === 'api' ? 2 : 3;
  const named = decodeURIComponent(parts[first] ?? '');
  const subresourceAt = named === 'watch' ? Infinity : first + (named === 'namespaces' ? 4 : 2);
  for (const [at, part] of parts.entries()) {
    if (part === '.' || part === '..' || /^(?:%2e|\.){1,2}$/i.test(part)) throw new ApiError('BadRequest', 'the path has parts that are dots');
    if (at <= subresourceAt && (part === '' || /%2f|%5c|%00|%25/i.test(part))) throw new ApiError('BadRequest', `the path has a part that names nothing: ${JSON.stringify(part)}`);
  }
}

/**
 * The query without what servers written in Go drop from it (net/url, ParseQuery: pairs with a semicolon or a broken escape): what is authorised here
 * must be what the other server reads.
 */
export function plainQuery(raw: string): string {
  if (!/[;%]/.test(raw)) return raw;
  return raw.split('&').filter((pair) => !pair.includes(';') && !/%(?![0-9a-f]{2})/i.test(pair)).join('&');
}

/** Query parameters that say what is asked for, and so who may: all others are the other server's. */
const meaningful = ['watch', 'fieldSelector', 'labelSelector'] as const;

/** The request that a path of another server means, as far as authorisation, audit and metrics go by it. */
export function remoteRequest(source: Pick<HttpExchange, 'header'>, caller: Caller, method: string, path: ResourcePath, rawQuery: string, signal: AbortSignal): ResourceRequest {
  const asked = new URLSearchParams(rawQuery);
  const query = new URLSearchParams();
  for (const name of meaningful) if (asked.has(name)) query.set(name, asked.get(name) ?? '');
  return {
    caller,
    // OPTIONS has no verb: only who may do everything may send it, as in Kubernetes.
    verb: method === 'OPTIONS' ? '' : verbOf(method, path, wantsWatch(query)),
    group: path.group,
    version: path.version,
    resource: path.resource,
    namespace: path.namespace,
    name: path.name,
    subresource: path.subresource,
    options: parseOptions(query),
    query: asked,
    body: new Uint8Array(),
    contentType: source.header('content-type') ?? 'application/json',
    accept: source.header('accept') ?? '*/*',
    userAgent: source.header('user-agent') ?? '',
    signal,
  };
}

