import { kindRegistry, type KindDefinition } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { PodsOfNode, ResourceChanges } from '../auth/index.ts';
import type { Caches } from '../registry/caches.ts';
import { listPrefix } from '../stored/keys.ts';
import type { ObjectStore } from '../registry/object-store.ts';

/** Tells of changes to builtin kinds by their watch caches. */
export function changesOf(caches: Caches): ResourceChanges {
  const kinds = new Map(kindRegistry.kinds.map((kind) => [`${kind.group}/${kind.plural}`, kind]));
  const kindOf = (group: string, resource: string): KindDefinition => {
    const kind = kinds.get(`${group}/${resource}`);
    if (kind === undefined) throw new Error(`no such kind: ${group}/${resource}`);
    return kind;
  };
  return {
    onChange: (group, resource, listener) => caches.of(kindOf(group, resource)).onChange(listener),
    settled: (group, resource) => {
      const kind = kindOf(group, resource);
      return caches.current(kind) === undefined ? caches.afterOwnWrites(kind).then(() => undefined) : undefined;
    },
  };
}

/** The pods of a node by the index of the watch cache; an entry of it never changes, so it stands for what the pod says. */
export function podsOfNode(caches: Caches, objects: ObjectStore): PodsOfNode {
  const kind = kindRegistry.byResource('', 'v1', 'pods');
  if (kind === undefined) throw new Error('no such kind: pods');
  return async (node) => {
    const cache = await caches.afterOwnWrites(kind);
    const { entries } = cache.page({ prefix: listPrefix(cache.kind, ''), fields: (fields) => fields['spec.nodeName'] === node, indexed: node }, 0);
    return entries.map((entry) => ({ identity: entry, read: () => objects.decode<Pod>(kind, entry) }));
  };
}

/** APIServices are read on the way of every request, so they are kept as they were decoded; an entry of the cache never changes. */
export function apiServicesOf(caches: Caches, objects: ObjectStore): () => Promise<{ readonly identity: object; read(): APIService }[]> {
  const kind = kindRegistry.byResource('apiregistration.k8s.io', 'v1', 'apiservices');
  if (kind === undefined) throw new Error('no such kind: apiservices');
  return async () => {
    const cache = await caches.afterOwnWrites(kind);
    return cache.page({ prefix: listPrefix(cache.kind, '') }, 0).entries.map((entry) => ({ identity: entry, read: () => objects.decode<APIService>(kind, entry) }));
  };
}
