import { attributesClassesOf, resources } from '@rhythm/api';
import type { PersistentVolume } from '@rhythm/api/types/core-v1';
import { done, enqueueOn, runController, type ReconcileResult, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';
import { setFinalizer } from './finalizer.ts';

const finalizer = 'kubernetes.io/vac-protection';

function classesOfVolume({ spec }: PersistentVolume): string[] {
  const name = spec?.volumeAttributesClassName ?? '';
  return name === '' ? [] : [name];
}

/** Lets a VolumeAttributesClass that is being deleted go once no claim and no volume has it (KEP-3751). */
export function startAttributesClassProtection(context: ControllerContext): RunningController {
  const { client, clock, log } = context;
  const classes = context.informers.informer(resources.volumeAttributesClasses);
  const claims = context.informers.informer(resources.persistentVolumeClaims, { indexes: { attributesClass: attributesClassesOf } });
  const volumes = context.informers.informer(resources.persistentVolumes, { indexes: { attributesClass: classesOfVolume } });

  async function reconcile(name: string): Promise<ReconcileResult> {
    const found = classes.get(name);
    if (found === undefined) return done;
    const isProtected = (found.metadata.finalizers ?? []).includes(finalizer);
    const isLeaving = found.metadata.deletionTimestamp !== undefined;
    if (isLeaving && isProtected && !(await isUsed(name))) await setFinalizer(client, resources.volumeAttributesClasses, found, finalizer, false);
    else if (!isLeaving && !isProtected) await setFinalizer(client, resources.volumeAttributesClasses, found, finalizer, true);
    return done;
  }

  /** The caches may not know yet who has just come to use it: what is deleted is gone for good. */
  async function isUsed(name: string): Promise<boolean> {
    if (claims.byIndex('attributesClass', name).length > 0 || volumes.byIndex('attributesClass', name).length > 0) return true;
    if ((await client.list(resources.persistentVolumes, '')).items.some((volume) => classesOfVolume(volume).includes(name))) return true;
    return (await client.list(resources.persistentVolumeClaims, '')).items.some((claim) => attributesClassesOf(claim).includes(name));
  }

  const running = runController({ name: 'vac-protection', reconcile, clock, log, synced: [classes, claims, volumes] });
  const leaving = { add: (name: string): void => void (classes.get(name)?.metadata.deletionTimestamp === undefined || running.enqueue(name)) };
  enqueueOn(classes, running.queue);
  enqueueOn(claims, leaving, attributesClassesOf);
  enqueueOn(volumes, leaving, classesOfVolume);
  return running;
}
