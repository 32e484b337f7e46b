import type { Deployment, ReplicaSet } from '@rhythm/api/types/apps-v1';
import type { Scale } from './rolling.ts';
import { bounds, byAge, desiredReplicasAnnotation, maxReplicasAnnotation, replicasOf, sumReplicas, wantedBy } from './sets.ts';

/** Whether the deployment's number changed since its sets were last sized. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const recorded = set.metadata.annotations?.[desiredReplicasAnnotation];
    return replicasOf(set) > 0 && recorded !== undefined && Number(recorded) !== wantedBy(deployment);
  });
}

/**
 * Sizes for a new number of replicas in the middle of a rollout or a pause: one active set takes it all, several share
 * the change by their sizes, so that the rollout's risk stays as it was (kube-controller-manager's proportional scaling).
 */
export function proportionalScale(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Scale[] {
  const wanted = wantedBy(deployment);
  const active = [...(newSet === undefined ? [] : [newSet]), ...old].filter((set) => replicasOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? byAge(old).at(-1);
    return only === undefined ? [] : [{ set: only, replicas: wanted }];
  }
  if (newSet !== undefined && isSaturated(deployment, newSet)) return old.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: 0 }));
  if (deployment.spec.strategy.type === 'Recreate') return [];
  const allowed = wanted > 0 ? wanted + bounds(deployment).maxSurge : 0;
  return share(deployment, active, allowed - sumReplicas(active));
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = wantedBy(deployment);
  return replicasOf(set) === wanted && Number(set.metadata.annotations?.[desiredReplicasAnnotation]) === wanted && set.status.availableReplicas === wanted;
}

function share(deployment: Deployment, active: readonly ReplicaSet[], toAdd: number): readonly Scale[] {
  // The largest first, so that it takes what rounding leaves; of equals the newest grows and the oldest shrinks first.
  const ages = byAge(active);
  const rank = (set: ReplicaSet): number => (toAdd > 0 ? -ages.indexOf(set) : ages.indexOf(set));
  const sets = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || rank(a) - rank(b));
  let added = 0;
  const sizes = sets.map((set) => {
    const part = portion(deployment, set, toAdd, added);
    added += part;
    return replicasOf(set) + part;
  });
  if (sizes[0] !== undefined) sizes[0] = Math.max(0, sizes[0] + toAdd - added);
  return sets.map((set, i) => ({ set, replicas: sizes[i] ?? 0 }));
}

function portion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, set);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  const wanted = wantedBy(deployment);
  if (wanted === 0) return -replicasOf(set);
  const before = Number(set.metadata.annotations?.[maxReplicasAnnotation] ?? 0) || (set.status.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((replicasOf(set) * (wanted + bounds(deployment).maxSurge)) / before) - replicasOf(set);
}
