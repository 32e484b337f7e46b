import { resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { done, enqueueOn, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { claimsOf, isUsedBy } from './claim-use.ts';
import { setFinalizer } from './finalizer.ts';

const finalizer = 'kubernetes.io/pvc-protection';
const workers = 2;

/** Lets a claim that is being deleted go once no pod uses it. */
export function startClaimProtection(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const claims = context.informers.informer(resources.persistentVolumeClaims);
  const keysOf = ({ metadata, spec }: Pod): string[] => claimsOf({ metadata, spec } as Pod).map((name) => `${metadata.namespace ?? ''}/${name}`);
  const pods = context.informers.informer(resources.pods, { indexes: { claim: keysOf } });

  async function reconcile(key: string): Promise<ReconcileResult> {
    const claim = claims.get(key);
    if (claim === undefined) return done;
    const isProtected = (claim.metadata.finalizers ?? []).includes(finalizer);
    const isLeaving = claim.metadata.deletionTimestamp !== undefined;
    if (isLeaving && isProtected) {
      if (pods.byIndex('claim', key).some((pod) => isUsedBy(claim, pod))) return done;
      // The cache may not know a pod that has just got its node: what is deleted now is gone for good.
      const { items } = await client.list(resources.pods, claim.metadata.namespace ?? '');
      if (!items.some((pod) => isUsedBy(claim, pod))) await setFinalizer(client, resources.persistentVolumeClaims, claim, finalizer, false);
    } else if (!isLeaving && !isProtected) await setFinalizer(client, resources.persistentVolumeClaims, claim, finalizer, true);
    return done;
  }

  const running = runController({ name: 'pvc-protection', reconcile, clock, log, workers, synced: [claims, pods] });
  enqueueOn(claims, running.queue);
  enqueueOn(pods, { add: (key) => void (claims.get(key)?.metadata.deletionTimestamp === undefined || running.enqueue(key)) }, keysOf);
  return running;
}
