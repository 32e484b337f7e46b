import { apiVersionOf, type TypedResource } from '@rhythm/api';
import { causeChain } from '@rhythm/base';
import type { ControllerContext } from '../context.ts';
import { aggregatedResources } from './aggregated-resources.ts';
import { customResources, resourceId, type CustomResources } from './custom-resources.ts';

/** How often aggregated servers are asked again: they do not say when they serve something new. */
const discoverEveryMs = 30_000;

/** What there is to be watched besides the built-in kinds: of definitions and of aggregated servers. */
export interface FoundResources extends Pick<CustomResources, 'list' | 'onChange'> {
  readonly synced: ReadonlyArray<{ synced(): Promise<void> }>;
  stop(): void;
}

export function foundResources(context: ControllerContext): FoundResources {
  const { clock, log } = context;
  const custom = customResources(context);
  const aggregated = aggregatedResources(context);
  const listeners: (() => void)[] = [];
  let others: readonly TypedResource[] = [];
  let isStopped = false;
  let isDue = false;
  let asking: Promise<void> | undefined;
  let timer: { cancel(): void } | undefined;

  const ask = async (): Promise<void> => {
    while (isDue && !isStopped) {
      isDue = false;
      const { resources: served, failures } = await aggregated.discover();
      const failed = new Set(failures.map(({ groupVersion }) => groupVersion));
      // Whoever cannot be asked for a while still has what it had.
      const next = [...served.filter(({ canBeWatched }) => canBeWatched), ...others.filter((one) => failed.has(apiVersionOf(one)))];
      const isSame = next.map(resourceId).join() === others.map(resourceId).join();
      others = next;
      if (!isSame) for (const listener of listeners) listener();
    }
  };
  const look = (): void => {
    timer?.cancel();
    const hasRemotes = aggregated.informer.list().some(({ spec }) => spec.service !== undefined);
    if (isStopped || (!hasRemotes && others.length === 0)) return;
    isDue = true;
    asking ??= ask()
      .catch((error: unknown) => log.warn('what aggregated servers serve is not known', { error: causeChain(error) }))
      .finally(() => (asking = undefined));
    timer = clock.setTimer(discoverEveryMs, look);
  };
  aggregated.onChange(look);
  return {
    list: () => [...custom.list(), ...others],
    onChange: (changed) => {
      listeners.push(changed);
      custom.onChange(changed);
    },
    synced: [custom.informer, aggregated.informer],
    stop: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}
