import { ApiError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { listPrefix, objectKey } from '../stored/keys.ts';
import type { Entry } from '../watch-cache/entry.ts';
import type { WatchCache } from '../watch-cache/watch-cache.ts';
import type { PipelinePorts } from './ports.ts';
import type { ObjectReader } from '../ports/types.ts';

/** What steps look at in every write: few objects, read again and again. */
const askedOften = new Set(['/namespaces', '/serviceaccounts', '/limitranges', 'scheduling.k8s.io/priorityclasses']);
/** Decoded objects that are kept; about 1 KB each. */
const keptMax = 512;

/**
 * The reader that steps and handlers use: caches that hold at least every write this server has acknowledged. Objects of the kinds that are
 * asked for often are shared and frozen; all others are the caller's own.
 */
export function objectReader(ports: Pick<PipelinePorts, 'registry' | 'caches' | 'objects'>): ObjectReader {
  const builtIn = new Map<string, KindDefinition>();
  for (const kind of ports.registry.kinds) if (!builtIn.has(`${kind.group}/${kind.plural}`)) builtIn.set(`${kind.group}/${kind.plural}`, kind);
  const kindOf = (group: string, resource: string): KindDefinition => {
    // Custom kinds come and go.
    const kind = builtIn.get(`${group}/${resource}`) ?? ports.registry.kinds.find((own) => own.group === group && own.plural === resource);
    if (kind === undefined) throw new ApiError('InternalError', `no such kind: ${group}/${resource}`);
    return kind;
  };
  const kept = new Map<Entry, KubeObject>();
  const decoded = <T extends KubeObject>(kind: KindDefinition, entry: Entry): T => {
    if (!askedOften.has(`${kind.group}/${kind.plural}`)) return ports.objects.decode<T>(kind, entry);
    let object = kept.get(entry);
    if (object === undefined) {
      // Entries that have been replaced go with the rest.
      if (kept.size >= keptMax) kept.clear();
      kept.set(entry, (object = deepFreeze(ports.objects.decode(kind, entry))));
    }
    return object as T;
  };
  const getFrom = <T extends KubeObject>(kind: KindDefinition, cache: WatchCache, namespace: string, name: string): T | undefined => {
    const entry = cache.get(objectKey(cache.kind, namespace, name));
    return entry === undefined ? undefined : decoded<T>(kind, entry);
  };
  return {
    atHand: <T extends KubeObject>(group: string, resource: string, namespace: string, name: string) => {
      const kind = kindOf(group, resource);
      const cache = ports.caches.current(kind);
      return cache === undefined ? undefined : getFrom<T>(kind, cache, namespace, name);
    },
    hasNone: (group, resource) => ports.caches.current(kindOf(group, resource))?.size === 0,
    get: async <T extends KubeObject>(group: string, resource: string, namespace: string, name: string) => {
      const kind = kindOf(group, resource);
      return getFrom<T>(kind, ports.caches.current(kind) ?? (await ports.caches.afterOwnWrites(kind)), namespace, name);
    },
    list: async <T extends KubeObject>(group: string, resource: string, namespace: string) => {
      const kind = kindOf(group, resource);
      const cache = ports.caches.current(kind) ?? (await ports.caches.afterOwnWrites(kind));
      // Of what admission asks about, most clusters have none.
      if (cache.size === 0) return [];
      return cache.page({ prefix: listPrefix(cache.kind, namespace) }, 0).entries.map((entry) => decoded<T>(kind, entry));
    },
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const member of Object.values(Object.freeze(value))) deepFreeze(member);
  return value;
}
