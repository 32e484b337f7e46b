import type { KindRegistry } from '@rhythm/api';

/** A resource as configuration files name it: `secrets`, `deployments.apps`. */
export interface StoredResource {
  readonly group: string;
  readonly resource: string;
}

const root = '/registry/';

/**
 * Whose objects lie at a key. Built-in kinds say where they are stored; those of CustomResourceDefinitions lie below GROUP/PLURAL.
 * `undefined` for what is not an object of the API.
 */
export function resourceOfKeys(builtIn: KindRegistry): (key: string) => StoredResource | undefined {
  const known = new Map<string, StoredResource>();
  for (const kind of builtIn.kinds) {
    if (builtIn.storageOf(kind).storagePrefix === kind.storagePrefix && !known.has(kind.storagePrefix)) known.set(kind.storagePrefix, { group: kind.group, resource: kind.plural });
  }
  return (key) => {
    if (!key.startsWith(root)) return undefined;
    const first = key.indexOf('/', root.length);
    if (first === -1) return undefined;
    const one = key.slice(root.length, first);
    const found = known.get(one);
    if (found !== undefined) return found;
    const second = key.indexOf('/', first + 1);
    if (second === -1) return undefined;
    const two = key.slice(root.length, second);
    return known.get(two) ?? (one.includes('.') ? { group: one, resource: two.slice(one.length + 1) } : undefined);
  };
}

/** Whether an entry of a resource list means a resource: `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group), `*.*`. */
export function fits(pattern: string, { group, resource }: StoredResource): boolean {
  return pattern === '*.*' || pattern === `*.${group}` || pattern === (group === '' ? resource : `${resource}.${group}`);
}
