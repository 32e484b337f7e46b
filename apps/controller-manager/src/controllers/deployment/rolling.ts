import type { Deployment, ReplicaSet } from '@rhythm/api/types/apps-v1';
import { bounds, byAge, replicasOf, sumAvailable, sumReplicas, wantedBy } from './sets.ts';

/** A set and the number of replicas that it should get. */
export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** How many replicas the new set may have now, within the surge. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = wantedBy(deployment);
  if (deployment.spec.strategy.type === 'Recreate') return wanted;
  const total = sumReplicas(all);
  const most = wanted + bounds(deployment).maxSurge;
  if (total >= most) return current;
  return current + Math.min(most - total, wanted - current);
}

/** One step of a rolling update: the new set first; the old ones once there is nothing to add. */
export function rollingStep(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Scale[] {
  const wanted = wantedBy(deployment);
  const current = replicasOf(newSet);
  const next = current > wanted ? wanted : newSetReplicas(deployment, [newSet, ...old], current);
  if (next !== current) return [{ set: newSet, replicas: next }];
  return shrinkOld(deployment, newSet, old);
}

function shrinkOld(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): readonly Scale[] {
  if (sumReplicas(old) === 0) return [];
  const minAvailable = wantedBy(deployment) - bounds(deployment).maxUnavailable;
  const newUnavailable = replicasOf(newSet) - (newSet.status.availableReplicas ?? 0);
  const removable = sumReplicas([newSet, ...old]) - minAvailable - newUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(byAge(old).map((set) => [set, replicasOf(set)]));
  const cleaned = removeUnhealthy(sizes, removable);
  removeHealthy(sizes, sumAvailable([newSet, ...old]) - minAvailable, removable - cleaned);
  return [...sizes].filter(([set, replicas]) => replicas !== replicasOf(set)).map(([set, replicas]) => ({ set, replicas }));
}

/** Pods of old sets that are not available go first: they serve nobody. */
function removeUnhealthy(sizes: Map<ReplicaSet, number>, most: number): number {
  let removed = 0;
  for (const [set, size] of sizes) {
    const count = Math.min(most - removed, Math.max(0, size - (set.status.availableReplicas ?? 0)));
    sizes.set(set, size - count);
    removed += count;
  }
  return removed;
}

function removeHealthy(sizes: Map<ReplicaSet, number>, spare: number, most: number): void {
  let left = Math.min(spare, most);
  for (const [set, size] of sizes) {
    if (left <= 0) return;
    const count = Math.min(size, left);
    sizes.set(set, size - count);
    left -= count;
  }
}
