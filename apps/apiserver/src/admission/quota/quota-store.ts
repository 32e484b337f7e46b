import { ApiError, type KindDefinition, type KindRegistry } from '@rhythm/api';
import type { ResourceQuota } from '@rhythm/api/types/core-v1';
import type { Caches } from '../../registry/caches.ts';
import { listPrefix } from '../../stored/keys.ts';
import type { ObjectStore } from '../../registry/object-store.ts';
import type { Entry } from '../../watch-cache/entry.ts';

/** A quota and the state of the store that it was read from. */
export interface HeldQuota {
  readonly entry: Entry;
  readonly quota: ResourceQuota;
}

/** The quotas of the cluster, as admission reads and charges them. */
export interface QuotaStore {
  /** The quotas of a namespace, with every charge of this server. */
  list(namespace: string): Promise<readonly HeldQuota[]>;
  /** Whether it can be told without waiting that there is no quota at all. */
  isEmpty?(): boolean;
  /** Writes all of them, or, when one has changed since it was read, none: false. */
  replace(changes: ReadonlyArray<{ readonly entry: Entry; readonly quota: ResourceQuota }>): Promise<boolean>;
}

export function quotaStore({ registry, caches, objects }: { readonly registry: KindRegistry; readonly caches: Caches; readonly objects: ObjectStore }): QuotaStore {
  const kind = kindOf(registry);
  return {
    isEmpty: () => caches.current(kind)?.size === 0,
    async list(namespace) {
      const cache = caches.current(kind) ?? (await caches.afterOwnWrites(kind));
      return cache.page({ prefix: listPrefix(cache.kind, namespace) }, 0).entries.map((entry) => ({ entry, quota: objects.decode<ResourceQuota>(kind, entry) }));
    },
    replace: (changes) => objects.replaceAll(kind, changes.map(({ entry, quota }) => ({ entry, object: quota }))),
  };
}

function kindOf(registry: KindRegistry): KindDefinition {
  const kind = registry.byResource('', 'v1', 'resourcequotas');
  if (kind === undefined) throw new ApiError('InternalError', 'no such kind: resourcequotas');
  return kind;
}
