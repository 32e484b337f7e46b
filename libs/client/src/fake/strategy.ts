import { ApiError, type KubeObject, type ResourceRef } from '@rhythm/api';
import { formatTime, type Clock } from '@rhythm/base';
import type { DeleteOptions } from '../api-client.ts';

/** An object without a known type. */
export type Loose = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

/** Kinds whose status may be set on creation: a kubelet registers its node with one, and some have no status subresource. */
const statusOnCreate = new Set(['nodes', 'events']);

/** What the server does to an object before it is created, as far as components depend on it. */
export function prepareForCreate(resource: ResourceRef, object: Loose): void {
  // The server writes an empty status where the kind has one.
  if (!statusOnCreate.has(resource.resource) && object.status !== undefined) object.status = {};
  if (resource.group === '' && resource.resource === 'pods') object.status = { phase: 'Pending' };
  if (resource.group === '' && resource.resource === 'namespaces') {
    object.spec = { ...object.spec, finalizers: ['kubernetes'] };
    object.status = { phase: 'Active' };
  }
}

/** The stored object after `object` was written to `subresource` ('' is the object itself). */
export function mergeUpdate(old: Loose, object: Loose, subresource: string): Loose {
  if (subresource === 'status') return { ...structuredClone(old), metadata: { ...structuredClone(old.metadata), ...annotationsOf(object) }, status: object.status ?? {} };
  if (subresource === 'approval') return { ...structuredClone(old), status: { ...old.status, conditions: object.status?.['conditions'] ?? [] } };
  if (subresource === 'finalize') return { ...structuredClone(old), spec: { ...old.spec, finalizers: object.spec?.['finalizers'] ?? [] } };
  if (subresource !== '') throw new ApiError('NotFound', `the fake server has no subresource ${subresource} to write`);
  const next: Loose = { ...object };
  if (old.status === undefined) delete next.status;
  else next.status = structuredClone(old.status);
  next.metadata = {
    ...object.metadata,
    ...(old.metadata.deletionTimestamp === undefined
      ? {}
      : { deletionTimestamp: old.metadata.deletionTimestamp, deletionGracePeriodSeconds: old.metadata.deletionGracePeriodSeconds ?? 0 }),
  };
  if (old.metadata.deletionTimestamp === undefined) {
    delete next.metadata.deletionTimestamp;
    delete next.metadata.deletionGracePeriodSeconds;
  }
  return next;
}

/** What metadata a write to the status may change, as far as components depend on it. */
function annotationsOf({ metadata: { annotations } }: Loose): Pick<Loose['metadata'], 'annotations'> {
  return annotations === undefined ? {} : { annotations };
}

/** Whether what `generation` counts has changed: everything but metadata and status. */
export function desiredChanged(old: Loose, next: Loose): boolean {
  const desired = (o: Loose): string => {
    const { metadata: _metadata, status: _status, ...rest } = o;
    return JSON.stringify(rest);
  };
  return desired(old) !== desired(next);
}

/** What a delete makes of an object: nothing (it is gone), or a form that waits for its finalizers or its grace. */
export function prepareForDelete(resource: ResourceRef, old: Loose, options: DeleteOptions, clock: Pick<Clock, 'now'>): Loose | 'gone' {
  const grace = graceSeconds(resource, old, options);
  const finalizers = new Set(old.metadata.finalizers);
  if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
  if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
  const namespace = resource.group === '' && resource.resource === 'namespaces';
  const held = finalizers.size > 0 || grace > 0 || (namespace && specFinalizers(old).length > 0);
  if (!held) return 'gone';
  const next = structuredClone(old);
  if (finalizers.size > 0) next.metadata.finalizers = [...finalizers];
  const sooner = old.metadata.deletionTimestamp === undefined || grace < (old.metadata.deletionGracePeriodSeconds ?? 0);
  if (sooner) {
    next.metadata.deletionTimestamp = formatTime(clock.now() + grace * 1000);
    next.metadata.deletionGracePeriodSeconds = grace;
  }
  if (namespace) next.status = { ...next.status, phase: 'Terminating' };
  return next;
}

/** Whether a deleted object has nothing left that holds it. */
export function isReleased(resource: ResourceRef, object: Loose): boolean {
  if (object.metadata.deletionTimestamp === undefined) return false;
  if ((object.metadata.finalizers ?? []).length > 0) return false;
  if (resource.resource === 'namespaces') return specFinalizers(object).length === 0;
  return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function specFinalizers(object: Loose): readonly unknown[] {
  const finalizers = object.spec?.['finalizers'];
  return Array.isArray(finalizers) ? finalizers : [];
}

/** Only pods that run on a node get time to end. */
function graceSeconds(resource: ResourceRef, object: Loose, options: DeleteOptions): number {
  if (resource.group !== '' || resource.resource !== 'pods') return 0;
  const phase = object.status?.['phase'];
  if (typeof object.spec?.['nodeName'] !== 'string' || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = object.spec['terminationGracePeriodSeconds'];
  return options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 30);
}

/** The value at a field selector's path; '' when there is none. */
export function fieldValue(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) value = typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined;
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
