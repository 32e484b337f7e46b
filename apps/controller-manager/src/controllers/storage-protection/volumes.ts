import { resources } from '@rhythm/api';
import { done, enqueueOn, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { setFinalizer } from './finalizer.ts';

const finalizer = 'kubernetes.io/pv-protection';

/** Lets a volume that is being deleted go once it is bound to no claim. */
export function startVolumeProtection(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const volumes = context.informers.informer(resources.persistentVolumes);

  async function reconcile(key: string): Promise<ReconcileResult> {
    const volume = volumes.get(key);
    if (volume === undefined) return done;
    const isProtected = (volume.metadata.finalizers ?? []).includes(finalizer);
    const isLeaving = volume.metadata.deletionTimestamp !== undefined;
    if (isLeaving && isProtected && volume.status?.phase !== 'Bound') await setFinalizer(client, resources.persistentVolumes, volume, finalizer, false);
    else if (!isLeaving && !isProtected) await setFinalizer(client, resources.persistentVolumes, volume, finalizer, true);
    return done;
  }

  const running = runController({ name: 'pv-protection', reconcile, clock, log, synced: [volumes] });
  enqueueOn(volumes, running.queue);
  return running;
}
