import { ApiError } from '@rhythm/api';

/** What a path of the API names. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows the subresource (of proxies). */
  readonly tail: string;
  /** The old form `/api/v1/watch/…`. */
  readonly watch: boolean;
}

const namespaceSubresources = new Set(['status', 'finalize']);

/**
 * `/api/v1/…` and `/apis/GROUP/VERSION/…`; `undefined` for all other paths, discovery's too.
 * @throws ApiError BadRequest for a path that cannot be decoded.
 */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const rest = parts.slice(core ? 2 : 3);
  const version = parts[core ? 1 : 2];
  if (version === undefined || rest.length === 0) return undefined;
  const watch = rest[0] === 'watch' && rest.length > 1;
  const at = watch ? rest.slice(1) : rest;
  const base = { group: core ? '' : (parts[1] ?? ''), version, watch };
  if (at[0] === 'namespaces' && at.length > 2 && !(at.length === 3 && namespaceSubresources.has(at[2] ?? ''))) {
    return { ...base, namespace: at[1] ?? '', resource: at[2] ?? '', name: at[3] ?? '', subresource: at[4] ?? '', tail: at.slice(5).join('/') };
  }
  return { ...base, namespace: '', resource: at[0] ?? '', name: at[1] ?? '', subresource: at[2] ?? '', tail: at.slice(3).join('/') };
}

/** Whether the query asks for a watch: the first value counts, and everything but 0 and false, in any case, is yes (apimachinery, Convert_Slice_string_To_bool). */
export function wantsWatch(query: URLSearchParams): boolean {
  const watch = query.get('watch');
  return watch !== null && watch !== '0' && watch.toLowerCase() !== 'false';
}

/** The verb of a request: what authorisation and handlers go by. */
export function verbOf(method: string, path: Pick<ResourcePath, 'name' | 'watch'>, watchParameter: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (path.watch || (watchParameter && path.name === '')) return 'watch';
      return path.name === '' ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === '' ? 'deletecollection' : 'delete';
    default:
      throw new ApiError('MethodNotAllowed', `the server does not allow the method ${method} on the requested resource`);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError('BadRequest', 'the path is not properly encoded');
  }
}
