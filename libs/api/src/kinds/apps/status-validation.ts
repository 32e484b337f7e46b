import type { DaemonSet, DaemonSetStatus, Deployment, ReplicaSet, StatefulSet } from '../../gen/types/apps-v1.ts';
import type { FieldError } from '../../status.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { nonNegative } from '../../validation/values.ts';

/* What controllers may say in the status of a workload. */

export function validateDeploymentStatus({ status }: Deployment, { status: old }: Deployment): FieldError[] {
  return [
    ...nonNegative(status?.observedGeneration, 'status.observedGeneration'),
    ...validateEach(status, ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'collisionCount']),
    ...validateCounts(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], 'readyReplicas'),
    ...validateCollisions(status, old),
  ];
}

export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  const counts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  return [...validateEach(status, ['replicas', ...counts, 'observedGeneration']), ...validateCounts(status, counts, 'readyReplicas')];
}

export function validateStatefulSetStatus({ status }: StatefulSet, { status: old }: StatefulSet): FieldError[] {
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;
  return [
    ...validateEach(status, ['replicas', ...counts, 'observedGeneration', 'collisionCount']),
    ...validateCounts(status, counts, 'status.readyReplicas'),
    ...validateCollisions(status, old),
  ];
}

const daemonCounts = [
  'currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable',
] as const satisfies ReadonlyArray<keyof DaemonSetStatus>;

export function validateDaemonSetStatus({ status }: DaemonSet, { status: old }: DaemonSet): FieldError[] {
  return [...validateEach(status, [...daemonCounts, 'collisionCount']), ...validateCollisions(status, old)];
}

type Counts<K extends string> = { readonly [P in K]?: number } | undefined;

function validateEach<K extends string>(status: Counts<K>, fields: readonly K[]): FieldError[] {
  return fields.flatMap((field) => nonNegative(status?.[field], `status.${field}`));
}

/** Hash collisions are only ever counted up; who leaves them out has counted none. */
function validateCollisions(status: Counts<'collisionCount'>, old: Counts<'collisionCount'>): FieldError[] {
  const [now, before] = [status?.collisionCount, old?.collisionCount];
  return before !== undefined && (now === undefined || now < before) ? [invalidValue('status.collisionCount', now ?? 0, 'cannot be decremented')] : [];
}

/** None of some counts is above the number of replicas, and no more are available than are ready, whose count errors call `ready`. */
function validateCounts<K extends string>(status: Counts<K | 'replicas' | 'readyReplicas' | 'availableReplicas'>, fields: readonly K[], ready: string): FieldError[] {
  if (status === undefined) return [];
  const above = fields.filter((field) => countOf(status, field) > countOf(status, 'replicas'));
  const errors = above.map((field) => invalidValue(`status.${field}`, countOf(status, field), 'cannot be greater than status.replicas'));
  const available = countOf(status, 'availableReplicas');
  return available > countOf(status, 'readyReplicas') ? [...errors, invalidValue('status.availableReplicas', available, `cannot be greater than ${ready}`)] : errors;
}

function countOf(status: object, field: string): number {
  return (status as Readonly<Record<string, number | undefined>>)[field] ?? 0;
}
