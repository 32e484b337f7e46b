import type { ReplicaSet, ReplicaSetStatus } from '@rhythm/api/types/apps-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import { parseTime, type Instant } from '@rhythm/base';
import { availability, isActive, isReady, readySince, restarts } from '../../shared/pods.ts';

/** Pods made or deleted in one pass. */
const burstMax = 500;
const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

export interface ReplicaSetPlan {
  /** How many pods to make. */
  readonly create: number;
  readonly delete: readonly Pod[];
  readonly status: ReplicaSetStatus;
  /** When a ready pod will count as available. */
  readonly lookAgainAt?: Instant;
}

/** What a ReplicaSet needs, given the pods that it controls (those that finished or terminate included). */
export function planReplicaSet(set: ReplicaSet, pods: readonly Pod[], now: Instant): ReplicaSetPlan {
  const active = pods.filter(isActive);
  const wanted = set.spec.replicas ?? 1;
  const deleting = set.metadata.deletionTimestamp !== undefined;
  const missing = deleting ? 0 : wanted - active.length;
  return {
    create: Math.min(burstMax, Math.max(0, missing)),
    delete: missing < 0 ? rankForDeletion(active, now).slice(0, Math.min(burstMax, -missing)) : [],
    ...statusOf(set, active, pods, now),
  };
}

function statusOf(set: ReplicaSet, active: readonly Pod[], all: readonly Pod[], now: Instant): Pick<ReplicaSetPlan, 'status' | 'lookAgainAt'> {
  const labels = Object.entries(set.spec.template.metadata.labels ?? {});
  const known = active.map((pod) => availability(pod, set.spec.minReadySeconds ?? 0, now));
  const later = known.flatMap((a) => (a.at === undefined ? [] : [a.at]));
  const terminating = all.filter((pod) => pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed').length;
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: known.filter((a) => a.available).length,
    terminatingReplicas: terminating,
    observedGeneration: set.metadata.generation ?? 0,
    ...(set.status.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  return { status, ...(later.length === 0 ? {} : { lookAgainAt: Math.min(...later) }) };
}

const phaseRanks: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Active pods, those that would be missed least first: not on a node, not running, not ready, cheap to delete, sharing
 * their node with siblings, ready for a short time, often restarted, young (kube-controller-manager's ActivePodsWithRanks).
 */
export function rankForDeletion(pods: readonly Pod[], now: Instant): readonly Pod[] {
  const siblings = new Map<string, number>();
  for (const pod of pods) siblings.set(pod.spec.nodeName ?? '', (siblings.get(pod.spec.nodeName ?? '') ?? 0) + 1);
  const keys = new Map(pods.map((pod) => [pod, deletionKey(pod, siblings.get(pod.spec.nodeName ?? '') ?? 0, now)]));
  return [...pods].sort((a, b) => compareKeys(keys.get(a) ?? [], keys.get(b) ?? []));
}

function deletionKey(pod: Pod, siblingsOnNode: number, now: Instant): readonly number[] {
  return [
    (pod.spec.nodeName ?? '') === '' ? 0 : 1,
    phaseRanks[pod.status.phase ?? 'Pending'] ?? 0,
    isReady(pod) ? 1 : 0,
    deletionCost(pod),
    -siblingsOnNode,
    -coarse(readySince(pod), now),
    -restarts(pod),
    -coarse(parseTime(pod.metadata.creationTimestamp ?? '') ?? now, now),
  ];
}

/** Ages count by their order of magnitude, so that among pods of like age chance decides (KEP-2185). */
function coarse(since: Instant, now: Instant): number {
  if (since === 0) return 0;
  return -Math.floor(Math.log2(Math.max(1, (now - since) / 1000)));
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.[deletionCostAnnotation] ?? '0');
  return Number.isInteger(cost) ? cost : 0;
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
