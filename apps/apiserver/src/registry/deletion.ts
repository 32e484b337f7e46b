import { type ApiError, conflict, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { Namespace, Pod } from '@rhythm/api/types/core-v1';
import type { DeleteOptions } from '@rhythm/api/types/meta-v1';
import { formatTime, parseTime, type Instant } from '@rhythm/base';
import { resourceOf } from './object-store.ts';

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** What a delete request does to an object. `mark`: it stays, on its way out. */
export type DeletionPlan = { readonly action: 'remove' } | { readonly action: 'mark'; readonly object: KubeObject } | { readonly action: 'keep' };

/** @throws ApiError Conflict when a precondition does not hold. */
export function checkPreconditions(kind: KindDefinition, object: KubeObject, options: Pick<DeleteOptions, 'preconditions'>): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = object;
  const refuse = (what: string, wanted: string, found: string | undefined): ApiError =>
    conflict(resourceOf(kind), metadata.name ?? '', `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found ?? ''}`);
  if (uid !== undefined && uid !== metadata.uid) throw refuse('UID', uid, metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) throw refuse('ResourceVersion', resourceVersion, metadata.resourceVersion);
}

/**
 * The generic registry's delete: grace, then finalizers, then removal. Changes `object`, the caller's copy.
 * A deletion under way can only be hastened.
 */
export function planDeletion(kind: KindDefinition, object: KubeObject, options: DeleteOptions, now: Instant): DeletionPlan {
  checkPreconditions(kind, object, options);
  const { metadata } = object;
  const grace = graceOf(kind, object, options);
  if (metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds !== undefined && isPod(kind)) {
    if (grace === undefined || options.gracePeriodSeconds === undefined || grace >= metadata.deletionGracePeriodSeconds) {
      if (metadata.deletionGracePeriodSeconds > 0 || hasFinalizers(object)) return { action: 'keep' };
    }
  }
  setCollectorFinalizers(object, options);
  if (kind.deletionFinalizer !== undefined && metadata.deletionTimestamp === undefined) holdFor(object, kind.deletionFinalizer);
  const waits = hasFinalizers(object) || (grace ?? 0) > 0 || isHeldNamespace(kind, object);
  if (!waits) return { action: 'remove' };
  markDeleted(kind, object, grace ?? 0, now);
  return { action: 'mark', object };
}

/** True when an object that was updated has nothing left to wait for: the update removes it. */
export function isFinished(kind: KindDefinition, object: KubeObject): boolean {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined || hasFinalizers(object)) return false;
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0 && !isHeldNamespace(kind, object);
}

/** Seconds of grace; `undefined` for kinds that know none: only pods do. */
function graceOf(kind: KindDefinition, object: KubeObject, options: DeleteOptions): number | undefined {
  if (!isPod(kind)) return undefined;
  const pod = object as Pod;
  // Nobody runs it: there is nothing to wait for.
  if ((pod.spec?.nodeName ?? '') === '' || pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0;
  const seconds = options.gracePeriodSeconds ?? kind.defaultGracePeriod?.(object) ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
}

function markDeleted(kind: KindDefinition, object: KubeObject, grace: number, now: Instant): void {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = formatTime(now + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  } else if (grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
    const began = (parseTime(metadata.deletionTimestamp) ?? now) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    metadata.deletionTimestamp = formatTime(began + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
  }
  if (isNamespace(kind)) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  }
}

/** What the garbage collector is to do first, said through finalizers. */
function setCollectorFinalizers(object: KubeObject, options: DeleteOptions): void {
  const present = object.metadata.finalizers ?? [];
  const policy = options.propagationPolicy;
  const orphanWanted = options.orphanDependents ?? (policy === undefined ? present.includes(orphan) : policy === 'Orphan');
  const foregroundWanted = options.orphanDependents !== undefined ? false : policy === undefined ? present.includes(foreground) : policy === 'Foreground';
  const wanted = present.filter((name) => name !== orphan && name !== foreground);
  if (orphanWanted) wanted.push(orphan);
  if (foregroundWanted) wanted.push(foreground);
  if (wanted.length > 0) object.metadata.finalizers = wanted;
  else delete object.metadata.finalizers;
}

function holdFor({ metadata }: KubeObject, finalizer: string): void {
  const present = metadata.finalizers ?? [];
  if (!present.includes(finalizer)) metadata.finalizers = [...present, finalizer];
}

function hasFinalizers(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).length > 0;
}

/** A namespace stays until its controller has emptied it and says so. */
function isHeldNamespace(kind: KindDefinition, object: KubeObject): boolean {
  return isNamespace(kind) && ((object as Namespace).spec?.finalizers ?? []).length > 0;
}

function isPod(kind: KindDefinition): boolean {
  return kind.group === '' && kind.plural === 'pods';
}

function isNamespace(kind: KindDefinition): boolean {
  return kind.group === '' && kind.plural === 'namespaces';
}
