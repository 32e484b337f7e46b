import { amountsOf, differs, hasReason, recount, resources, type Amounts } from '@rhythm/api';
import type { ResourceQuota } from '@rhythm/api/types/core-v1';
import { done, keyOf, later, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { namespaceIndex } from '../../shared/indexes.ts';
import { Pace } from '../../shared/pace.ts';
import { Charges, quietMs } from './charges.ts';
import { LimitedNames } from './names.ts';
import { planQuota } from './plan.ts';
import { usage } from './usage.ts';

const workers = 5;
/** Changes of this time are counted together. */
const gatherMs = 50;
/** What somebody else writes over the limits in the status stays for a while, as it does elsewhere: whoever wrote it may want to read it. */
const foreignLimitsMs = 10_000;
/** A pod that is stuck on its way out stops counting without any event. */
const resyncMs = 5 * 60_000;
/** When a kind cannot be listed, until the next attempt. */
const incompleteMs = 1_000;

/**
 * Says in the status of each ResourceQuota what it limits and what is used of it. Admission adds what it lets through; here it is counted again when
 * something goes away or stops counting, when the quota changes, and after every charge, since not everything that is charged comes about.
 */
export function startResourceQuota(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const quotas = context.informers.informer(resources.resourceQuotas, { indexes: namespaceIndex });
  const charges = new Charges();
  const pace = new Pace(clock);
  const limited = new LimitedNames();
  /** What this controller has last written: everything else that changes it is a charge. */
  const written = new Map<string, Amounts>();
  const wake = (quota: ResourceQuota): void => running.queue.addAfter(keyOf(quota), gatherMs);
  const counts = usage(context, {
    names: () => limited.list(),
    isWatched: (namespace) => quotas.byIndex('namespace', namespace).length > 0,
    changed: (namespace) => quotas.byIndex('namespace', namespace).forEach(wake),
    kindsChanged: () => quotas.list().forEach(wake),
  });

  async function reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const quota = quotas.get(key);
    if (quota === undefined) return done;
    const restMs = pace.delayMs(key);
    if (restMs > 0) return later(restMs);
    const { counted, isComplete } = await counts.of(quota.metadata.namespace ?? '', Object.keys(quota.spec?.hard ?? {}), signal);
    const { status, isUnsettled } = pace.measured(key, () => planQuota(quota, recount(quota, counted, clock.now()), charges.isFresh(key, clock.monotonic())));
    if (status !== undefined) {
      written.set(key, amountsOf(status.used));
      await write({ ...quota, status });
    }
    return later(isUnsettled ? quietMs : isComplete ? resyncMs : incompleteMs);
  }

  /** Under the version that was counted for: a charge that came between is a conflict, and the next count sees it. */
  async function write(quota: ResourceQuota): Promise<void> {
    try {
      await client.update(resources.resourceQuotas, quota, { subresource: 'status' });
    } catch (error) {
      written.delete(keyOf(quota));
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  const running = runController({ name: 'resource-quota', reconcile, clock, log, workers, synced: [quotas, counts.synced] });
  quotas.addHandler({
    onAdd: (quota) => {
      // Charges of the time before may be for what has yet to come.
      if (quota.status?.used !== undefined) charges.seen(keyOf(quota), clock.monotonic());
      if (limited.replace(undefined, quota)) counts.refresh();
      running.enqueue(keyOf(quota));
    },
    onUpdate: (old, quota) => {
      const key = keyOf(quota);
      if (differs(amountsOf(old.spec?.hard), amountsOf(quota.spec?.hard))) {
        if (limited.replace(old, quota)) counts.refresh();
        running.enqueue(key);
      }
      const used = amountsOf(quota.status?.used);
      if (differs(used, amountsOf(old.status?.used)) && differs(used, written.get(key) ?? new Map())) {
        charges.seen(key, clock.monotonic());
        running.queue.addAfter(key, quietMs);
      } else if (differs(amountsOf(quota.status?.hard), amountsOf(quota.spec?.hard))) running.queue.addAfter(key, foreignLimitsMs);
    },
    onDelete: (quota) => {
      const key = keyOf(quota);
      charges.forget(key);
      pace.forget(key);
      written.delete(key);
      if (limited.replace(quota, undefined)) counts.refresh();
    },
  });
  return {
    ...running,
    stop: async () => {
      await Promise.all([running.stop(), counts.stop()]);
    },
  };
}
