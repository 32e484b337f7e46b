import type { ResourcePath } from '../ports/path.ts';

const proxied: ReadonlySet<string> = new Set(['pods', 'services', 'nodes']);

/** Whether a path leads to the proxy of a pod, a service or a node. */
export function isProxyPath(path: ResourcePath): boolean {
  return path.group === '' && path.subresource === 'proxy' && proxied.has(path.resource) && !path.watch;
}

/** Parts of the path up to and with `proxy`: api, version, resource, name, and namespaces with its name. */
const partsOfCluster = 5;
const partsOfNamespace = 7;

/**
 * What follows the subresource in a proxy's path, as on the wire: encodings and doubled slashes are the backend's affair.
 * '' when nothing does, not even a slash.
 */
export function rawTail(path: string, namespaced: boolean): string {
  const part = /\/+[^/]+/y;
  for (let left = namespaced ? partsOfNamespace : partsOfCluster; left > 0; left--) if (part.exec(path) === null) return '';
  return path.slice(part.lastIndex);
}
