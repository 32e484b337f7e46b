import type { DaemonSet, DaemonSetStatus, Deployment, ReplicaSet, StatefulSet } from '../../gen/types/apps-v1.ts';
import type { FieldError } from '../../status.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { nonNegative } from '../../validation/values.ts';

/* What controllers may say in the status of a workload. */

export function validateDeploymentStatus({ status }: Deployment, { status: old }: Deployment): FieldError[] {
  return [...nonNegative(status?.observedGeneration, 'status.observedGeneration'), ...validateCounts(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']), ...validateCollisions(status, old)];
}

export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  return [...nonNegative(status?.observedGeneration, 'status.observedGeneration'), ...validateCounts(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])];
}

export function validateStatefulSetStatus({ status }: StatefulSet, { status: old }: StatefulSet): FieldError[] {
  return [
    ...nonNegative(status?.observedGeneration, 'status.observedGeneration'),
    ...validateCounts(status, ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']),
    ...validateCollisions(status, old),
  ];
}

const daemonCounts = [
  'currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable',
] as const satisfies ReadonlyArray<keyof DaemonSetStatus>;

export function validateDaemonSetStatus({ status }: DaemonSet, { status: old }: DaemonSet): FieldError[] {
  return [...daemonCounts.flatMap((field) => nonNegative(status?.[field], `status.${field}`)), ...validateCollisions(status, old)];
}

/** Hash collisions are only ever counted up. */
function validateCollisions(status: { readonly collisionCount?: number } | undefined, old: { readonly collisionCount?: number } | undefined): FieldError[] {
  const path = 'status.collisionCount';
  const errors = nonNegative(status?.collisionCount, path);
  if (old?.collisionCount === undefined) return errors;
  if (status?.collisionCount === undefined) return [...errors, invalidValue(path, null, 'cannot be removed')];
  return status.collisionCount < old.collisionCount ? [...errors, invalidValue(path, status.collisionCount, 'cannot be decremented')] : errors;
}

/** Counts of a status are not negative and none is above the number of replicas. */
function validateCounts<K extends string>(status: ({ replicas?: number; readyReplicas?: number; availableReplicas?: number } & { [P in K]?: number }) | undefined, fields: readonly K[]): FieldError[] {
  if (status === undefined) return [];
  const errors = nonNegative(status.replicas, 'status.replicas');
  for (const field of fields) {
    const value: number | undefined = status[field];
    errors.push(...nonNegative(value, `status.${field}`));
    if ((value ?? 0) > (status.replicas ?? 0)) errors.push(invalidValue(`status.${field}`, value, 'cannot be greater than status.replicas'));
  }
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0)) {
    errors.push(invalidValue('status.availableReplicas', status.availableReplicas, 'cannot be greater than readyReplicas'));
  }
  return errors;
}

