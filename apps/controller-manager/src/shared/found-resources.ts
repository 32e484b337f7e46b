import { apiVersionOf, type TypedResource } from '@rhythm/api';
import { causeChain, PassLoop } from '@rhythm/base';
import type { ControllerContext } from '../context.ts';
import { aggregatedResources } from './aggregated-resources.ts';
import { customResources, resourceId, type CustomResources } from './custom-resources.ts';

/** How often aggregated servers are asked again: they do not say when they serve something new. */
const discoverEveryMs = 30_000;

/** What there is to be watched besides the built-in kinds: of definitions and of aggregated servers. */
export interface FoundResources extends Pick<CustomResources, 'list' | 'onChange'> {
  readonly synced: ReadonlyArray<{ synced(): Promise<void> }>;
  /** A question that is under way ends by itself. */
  stop(): void;
}

export function foundResources(context: ControllerContext): FoundResources {
  const { clock, random, log } = context;
  const custom = customResources(context);
  const aggregated = aggregatedResources(context);
  const listeners: (() => void)[] = [];
  let others: readonly TypedResource[] = [];

  const ask = async (): Promise<void> => {
    const { resources: served, failures } = await aggregated.discover();
    const failed = new Set(failures.map(({ groupVersion }) => groupVersion));
    // Whoever cannot be asked for a while still has what it had.
    const next = [...served.filter(({ canBeWatched }) => canBeWatched), ...others.filter((one) => failed.has(apiVersionOf(one)))];
    const isSame = next.map(resourceId).join() === others.map(resourceId).join();
    others = next;
    if (!isSame) for (const listener of listeners) listener();
  };
  const asking = new PassLoop({
    pass: ask,
    failed: (error) => log.warn('what aggregated servers serve is not known', { error: causeChain(error) }),
    backoff: { initialMs: 1_000, maxMs: discoverEveryMs, factor: 2, jitter: 0.2 },
    everyMs: discoverEveryMs,
    clock,
    random,
  });
  aggregated.onChange(() => asking.trigger());
  return {
    list: () => [...custom.list(), ...others],
    onChange: (changed) => {
      listeners.push(changed);
      custom.onChange(changed);
    },
    synced: [custom.informer, aggregated.informer],
    stop: () => void asking.stop(new Error('the controller is stopping')),
  };
}
