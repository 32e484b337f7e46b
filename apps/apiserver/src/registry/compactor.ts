import { causeChain, type Clock, type Log } from '@rhythm/base';
import type { Store } from '@rhythm/store-client';
import { limits } from '../limits.ts';

/** Where apiservers agree on who compacts; outside /registry, as Kubernetes' own is. */
const key = 'compact_rev_key';

/**
 * Lets the store forget old revisions. Of many apiservers one does it in each period: whoever first moves the key on.
 * What it compacts is what was current one period ago, so that nobody's list loses its revision in less time.
 */
export async function runCompactor(store: Store, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  let seen = 0;
  let revision = 0;
  while (!signal.aborted) {
    try {
      const result = await compactOnce(store, seen, revision);
      if (result.compacted) log.debug('compacted the store', { revision });
      ({ seen, revision } = result);
    } catch (error) {
      log.warn('the store was not compacted', { error: causeChain(error) });
    }
    await clock.sleep(limits.compactEveryMs, signal).catch(() => undefined);
  }
}

/** `seen`: the key's revision one period ago; `revision`: what was current then. */
export async function compactOnce(store: Store, seen: number, revision: number): Promise<{ seen: number; revision: number; compacted: boolean }> {
  const current = await store.range(key);
  const stored = current.values[0];
  const at = stored?.modRevision ?? 0;
  // Another server moved it since: this period is theirs.
  if (at !== seen) return { seen: at, revision: current.revision, compacted: false };
  const result = await store.txn([{ key, modRevision: seen }], [{ kind: 'put', key, value: Buffer.from(String(current.revision)) }]);
  if (!result.succeeded) return { seen: result.current[0]?.modRevision ?? 0, revision: result.revision, compacted: false };
  if (revision > 0) await store.compact(revision);
  return { seen: result.revision, revision: result.revision, compacted: revision > 0 };
}
