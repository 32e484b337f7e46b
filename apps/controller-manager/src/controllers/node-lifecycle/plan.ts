import type { Node, NodeCondition, Taint } from '@rhythm/api/types/core-v1';
import { formatTime, type Instant } from '@rhythm/base';

/** A node that shows no sign of life for this long is called unknown (kube-controller-manager's node-monitor-grace-period). */
export const nodeGraceMs = 50_000;
/** A node that has just been made gets this long for its first sign. */
export const nodeStartupGraceMs = 60_000;

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';
const unschedulable = 'node.kubernetes.io/unschedulable';
const kubeletConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Taints that follow a condition, when it has this status; all keep new pods off. */
const conditionTaints: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', notReady],
  ['Ready', 'Unknown', unreachable],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
];
const managedTaints = new Set([...conditionTaints.map(([, , key]) => key), unschedulable]);

export interface NodePlan {
  /** New conditions, when the node has gone silent. */
  readonly conditions?: readonly NodeCondition[];
  /** New taints, when they are not what the conditions ask for. */
  readonly taints?: readonly Taint[];
  /** The node's pods are to be marked not ready. */
  readonly podsNotReady: boolean;
  /** When silence would become too long. */
  readonly lookAgainAt?: Instant;
}

/** `silentSince`: when the last change of its Lease or status was seen, by our own clock. */
export function planNode(node: Node, silentSince: Instant, now: Instant): NodePlan {
  const before = node.status.conditions ?? [];
  const grace = before.length === 0 ? nodeStartupGraceMs : nodeGraceMs;
  const silent = now - silentSince > grace;
  const conditions = silent ? unknownConditions(before, now) : undefined;
  const effective = conditions ?? before;
  const taints = wantedTaints(node, effective, now);
  const ready = effective.find((c) => c.type === 'Ready')?.status;
  return {
    ...(conditions === undefined ? {} : { conditions }),
    ...(taints === undefined ? {} : { taints }),
    podsNotReady: ready === 'Unknown' || (ready === 'False' && before.length > 0),
    ...(silent ? {} : { lookAgainAt: silentSince + grace + 1 }),
  };
}

function unknownConditions(before: readonly NodeCondition[], now: Instant): readonly NodeCondition[] | undefined {
  const at = formatTime(now);
  const missing = before.length === 0 ? kubeletConditions : [];
  const known = before.map((c): NodeCondition =>
    c.status === 'Unknown' || !kubeletConditions.includes(c.type) ? c : { ...c, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: at },
  );
  const never = missing.map((type): NodeCondition => ({ type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.', lastTransitionTime: at }));
  const next = [...known, ...never];
  return next.every((c, i) => c === before[i]) && next.length === before.length ? undefined : next;
}

/** The node's own taints, and those that its conditions ask for; `undefined` when it has just these. */
function wantedTaints(node: Node, conditions: readonly NodeCondition[], now: Instant): readonly Taint[] | undefined {
  const wanted: Taint[] = [];
  if (conditions.find((c) => c.type === 'Ready') === undefined) wanted.push({ key: notReady, effect: 'NoSchedule' });
  for (const [type, status, key] of conditionTaints) {
    if (conditions.find((c) => c.type === type)?.status === status) wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec.unschedulable === true) wanted.push({ key: unschedulable, effect: 'NoSchedule' });
  const ready = conditions.find((c) => c.type === 'Ready')?.status;
  if (ready === 'False') wanted.push({ key: notReady, effect: 'NoExecute', timeAdded: formatTime(now) });
  if (ready === 'Unknown') wanted.push({ key: unreachable, effect: 'NoExecute', timeAdded: formatTime(now) });
  const present = node.spec.taints ?? [];
  const has = (list: readonly Taint[], taint: Taint): boolean => list.some((t) => t.key === taint.key && t.effect === taint.effect);
  const kept = present.filter((t) => !managedTaints.has(t.key) || has(wanted, t));
  const added = wanted.filter((t) => !has(kept, t));
  return added.length === 0 && kept.length === present.length ? undefined : [...kept, ...added];
}
