import type { Pod, PodCondition, PodStatus } from '@rhythm/api/types/core-v1';

/** Fields that the kubelet removes from a status when it no longer sets them. */
const owned = ['message', 'reason', 'podIP', 'podIPs', 'hostIP', 'hostIPs', 'initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

/**
 * The strategic merge patch that turns the published status into `status`. Conditions are merged by type, so those of others stay;
 * the uid makes it fail for a pod of the same name that came later.
 */
export function statusPatch(pod: Pod, status: PodStatus): unknown {
  const removed = Object.fromEntries(owned.filter((key) => status[key] === undefined && pod.status[key] !== undefined).map((key) => [key, null]));
  const ips = new Set(status.podIPs?.map(({ ip }) => ip));
  const hostIps = new Set(status.hostIPs?.map(({ ip }) => ip));
  const goneIps = (pod.status.podIPs ?? []).filter(({ ip }) => !ips.has(ip)).map(({ ip }) => ({ $patch: 'delete', ip }));
  const goneHostIps = (pod.status.hostIPs ?? []).filter(({ ip }) => !hostIps.has(ip)).map(({ ip }) => ({ $patch: 'delete', ip }));
  return {
    metadata: { uid: pod.metadata.uid },
    status: {
      ...status,
      conditions: status.conditions?.map(whole),
      ...(status.podIPs === undefined ? {} : { podIPs: [...status.podIPs, ...goneIps] }),
      ...(status.hostIPs === undefined ? {} : { hostIPs: [...status.hostIPs, ...goneHostIps] }),
      ...removed,
    },
  };
}

/** Conditions are merged field by field: what one of ours no longer says must be taken away. */
const whole = (condition: PodCondition): unknown =>
  ownConditions.has(condition.type) ? { ...condition, reason: condition.reason ?? null, message: condition.message ?? null } : condition;

const ownConditions = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);

/** Whether somebody else has changed what is the kubelet's: the node lifecycle controller marks pods of a silent node unready. */
export function isOverwritten(published: PodStatus, ours: PodStatus): boolean {
  if (published.phase !== ours.phase) return true;
  return (ours.conditions ?? []).some((condition) => ownConditions.has(condition.type) && published.conditions?.find((other) => other.type === condition.type)?.status !== condition.status);
}

/** The pod as if our latest status were published already: so that transition times stand still while a write is on its way. */
export function withOwnStatus(pod: Pod, ours: PodStatus | undefined): Pod {
  if (ours === undefined) return pod;
  const others = (pod.status.conditions ?? []).filter((condition) => !ownConditions.has(condition.type));
  const own = (ours.conditions ?? []).filter((condition) => ownConditions.has(condition.type));
  const { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus } = pod.status;
  return {
    ...pod,
    status: {
      ...ours,
      conditions: [...own, ...others],
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
      ...(resourceClaimStatuses === undefined ? {} : { resourceClaimStatuses }),
      ...(extendedResourceClaimStatus === undefined ? {} : { extendedResourceClaimStatus }),
    },
  };
}
