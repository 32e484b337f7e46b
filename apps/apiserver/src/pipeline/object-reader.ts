import { ApiError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { listPrefix, objectKey } from '../registry/keys.ts';
import type { PipelinePorts } from './ports.ts';
import type { ObjectReader } from './types.ts';

/** The reader that steps and handlers use: caches that hold at least every write this server has acknowledged. */
export function objectReader(ports: Pick<PipelinePorts, 'registry' | 'caches' | 'objects'>): ObjectReader {
  const builtIn = new Map<string, KindDefinition>();
  for (const kind of ports.registry.kinds) if (!builtIn.has(`${kind.group}/${kind.plural}`)) builtIn.set(`${kind.group}/${kind.plural}`, kind);
  const kindOf = (group: string, resource: string): KindDefinition => {
    // Custom kinds come and go.
    const kind = builtIn.get(`${group}/${resource}`) ?? ports.registry.kinds.find((own) => own.group === group && own.plural === resource);
    if (kind === undefined) throw new ApiError('InternalError', `no such kind: ${group}/${resource}`);
    return kind;
  };
  return {
    get: async <T extends KubeObject>(group: string, resource: string, namespace: string, name: string) => {
      const kind = kindOf(group, resource);
      const cache = await ports.caches.afterOwnWrites(kind);
      const entry = cache.get(objectKey(cache.kind, namespace, name));
      return entry === undefined ? undefined : ports.objects.decode<T>(kind, entry);
    },
    list: async <T extends KubeObject>(group: string, resource: string, namespace: string) => {
      const kind = kindOf(group, resource);
      const cache = await ports.caches.afterOwnWrites(kind);
      return cache.page({ prefix: listPrefix(cache.kind, namespace) }, 0).entries.map((entry) => ports.objects.decode<T>(kind, entry));
    },
  };
}
