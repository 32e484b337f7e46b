import type { KindDefinition, KindRegistry } from '@rhythm/api';
import { causeChain, type Log } from '@rhythm/base';
import type { Store } from '@rhythm/store-client';
import type { Caches } from '../registry/caches.ts';
import { listPrefix, prefixEnd } from '../stored/keys.ts';

/** Kinds that are looked at at a time. */
const atATime = 4;

/**
 * Fills the caches of all kinds of which there are objects, so that a server that says it is ready does not make its first clients
 * wait: after a restart they all come at once. Events are left out, of which there are many and which few read; and kinds that a
 * webhook converts, which may be served by a pod of this cluster. Kinds without objects cost nothing when somebody asks.
 */
export async function warmCaches(registry: Pick<KindRegistry, 'kinds'>, caches: Caches, store: Store, log: Log, signal: AbortSignal): Promise<void> {
  const left = [...new Map(registry.kinds.filter(isWorthIt).map((kind) => [kind.storagePrefix, kind])).values()];
  const work = async (): Promise<void> => {
    for (let kind = left.pop(); kind !== undefined && !signal.aborted; kind = left.pop()) {
      const prefix = listPrefix(kind, '');
      try {
        const { count } = await store.range(prefix, { end: prefixEnd(prefix), countOnly: true, signal });
        if (count > 0) await caches.of(kind).ready(signal);
      } catch (error) {
        // Whoever asks for it waits, or is told why not.
        log.warn('a cache could not be filled beforehand', { resource: kind.plural, error: causeChain(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

function isWorthIt(kind: KindDefinition): boolean {
  return kind.verbs.includes('watch') && kind.custom === undefined && kind.convert === undefined && kind.kind !== 'Event';
}
