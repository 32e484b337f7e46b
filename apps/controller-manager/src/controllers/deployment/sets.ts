import type { Deployment, ReplicaSet } from '@rhythm/api/types/apps-v1';
import type { PodTemplateSpec } from '@rhythm/api/types/core-v1';
import { semanticallyEqual } from '../../shared/equality.ts';

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

export const replicasOf = (set: ReplicaSet): number => set.spec.replicas ?? 1;
export const wantedBy = (deployment: Deployment): number => deployment.spec.replicas ?? 1;
export const sumReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);
export const sumAvailable = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + (set.status.availableReplicas ?? 0), 0);

/** Oldest first; equal ages by name. */
export function byAge(sets: readonly ReplicaSet[]): ReplicaSet[] {
  const key = (set: ReplicaSet): string => `${set.metadata.creationTimestamp ?? ''}/${set.metadata.name ?? ''}`;
  return [...sets].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The set whose template is the deployment's; the oldest if there are several. */
export function newSetOf(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return byAge(sets).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** Templates are the same but for the label that tells sets apart. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return semanticallyEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = { ...template.metadata.labels };
  delete labels[hashLabel];
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  const text = object.metadata.annotations?.[revisionAnnotation] ?? '0';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** How far a rollout may go beyond and below the wanted number (percentages: surge up, unavailable down). */
export function bounds(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (deployment.spec.strategy.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const wanted = wantedBy(deployment);
  const rolling = deployment.spec.strategy.rollingUpdate;
  const maxSurge = resolve(rolling?.maxSurge ?? '25%', wanted, Math.ceil);
  const maxUnavailable = resolve(rolling?.maxUnavailable ?? '25%', wanted, Math.floor);
  // Validation refuses 0 and 0; a percentage may still come to that, and then nothing would ever move.
  return maxSurge === 0 && maxUnavailable === 0 ? { maxSurge, maxUnavailable: 1 } : { maxSurge, maxUnavailable: Math.min(maxUnavailable, wanted) };
}

function resolve(value: number | string, total: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number(value.replace('%', '')) * total) / 100);
}
