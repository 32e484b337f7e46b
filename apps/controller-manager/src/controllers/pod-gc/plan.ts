import type { Node, Pod } from '@rhythm/api/types/core-v1';
import { parseTime, type Instant } from '@rhythm/base';

/** Finished pods kept for people to look at; the oldest beyond go (kube-controller-manager's terminated-pod-gc-threshold). */
const finishedPodsMax = 12_500;
/** A node must be missing this long before its pods are given up: a node may be deleted and made anew. */
export const quarantineMs = 40_000;

export interface PodGcPlan {
  readonly delete: readonly { readonly pod: Pod; readonly why: 'finished' | 'orphaned' | 'unscheduled' }[];
}

/** `missingSince`: nodes that pods name and that do not exist, with the time at which that was first seen. */
export function planPodGc(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>, missingSince: ReadonlyMap<string, Instant>, now: Instant): PodGcPlan {
  const finished = pods.filter((p) => p.status.phase === 'Succeeded' || p.status.phase === 'Failed').sort((a, b) => created(a) - created(b));
  const surplus = finished.slice(0, Math.max(0, finished.length - finishedPodsMax));
  const orphaned = pods.filter((p) => {
    const name = p.spec.nodeName ?? '';
    const since = missingSince.get(name);
    return name !== '' && !nodes.has(name) && since !== undefined && now - since >= quarantineMs;
  });
  const unscheduled = pods.filter((p) => (p.spec.nodeName ?? '') === '' && p.metadata.deletionTimestamp !== undefined);
  const chosen = new Map<Pod, 'finished' | 'orphaned' | 'unscheduled'>();
  for (const pod of surplus) chosen.set(pod, 'finished');
  for (const pod of orphaned) chosen.set(pod, 'orphaned');
  for (const pod of unscheduled) chosen.set(pod, 'unscheduled');
  return { delete: [...chosen].map(([pod, why]) => ({ pod, why })) };
}

const created = (pod: Pod): Instant => parseTime(pod.metadata.creationTimestamp ?? '') ?? 0;
