import type { Pod } from '@rhythm/api/types/core-v1';
import { parseTime, type Instant } from '@rhythm/base';

/** Neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** Ready for at least `minReadySeconds`; else when it will be, if it is ready now. */
export function availability(pod: Pod, minReadySeconds: number, now: Instant): { readonly available: boolean; readonly at?: Instant } {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True') return { available: false };
  if (minReadySeconds === 0) return { available: true };
  const since = parseTime(condition.lastTransitionTime ?? '');
  if (since === undefined) return { available: false };
  const at = since + minReadySeconds * 1000;
  return at <= now ? { available: true } : { available: false, at };
}

/** When the pod became ready; 0 when it is not. */
export function readySince(pod: Pod): Instant {
  const condition = readyCondition(pod);
  return condition?.status === 'True' ? (parseTime(condition.lastTransitionTime ?? '') ?? 0) : 0;
}

export function restarts(pod: Pod): number {
  return (pod.status.containerStatuses ?? []).reduce((most, status) => Math.max(most, status.restartCount), 0);
}

function readyCondition(pod: Pod): { status: string; lastTransitionTime?: string } | undefined {
  return (pod.status.conditions ?? []).find((c) => c.type === 'Ready');
}
