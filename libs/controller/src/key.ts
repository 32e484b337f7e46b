import type { KubeObject } from '@rhythm/api';
import type { ObjectKey } from './ports.ts';

/** `namespace/name`, or `name` for cluster-scoped objects. */
export function keyOf(object: KubeObject): ObjectKey {
  return keyFor(object.metadata.namespace ?? '', object.metadata.name ?? '');
}

export function keyFor(namespace: string, name: string): ObjectKey {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function splitKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
