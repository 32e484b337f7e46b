import { ApiError, type KindDefinition } from '@rhythm/api';

const root = '/registry/';

/** The key of one object. @throws ApiError BadRequest when a segment could leave its place. */
export function objectKey(kind: KindDefinition, namespace: string, name: string): string {
  return `${listPrefix(kind, namespace)}${segment('name', name)}`;
}

/** What all keys of a kind (in a namespace, when one is given) begin with; ends in a slash, so that no kind reads its neighbour. */
export function listPrefix(kind: KindDefinition, namespace: string): string {
  const prefix = `${root}${kind.storagePrefix}/`;
  return namespace === '' ? prefix : `${prefix}${segment('namespace', namespace)}/`;
}

/** First key behind all keys with `prefix` (which ends in a slash). */
export function prefixEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

function segment(what: string, value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (value === '' || value === '.' || value === '..' || /[/%\u0000-\u001f\u007f]/.test(value) || value.length > 253) {
    throw new ApiError('BadRequest', `invalid ${what} ${JSON.stringify(value.slice(0, 64))}: may not be empty, '.', '..' or hold '/', '%' or control characters`);
  }
  return value;
}
