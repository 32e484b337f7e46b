import { withCondition, withoutCondition } from '@rhythm/api';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@rhythm/api/types/apps-v1';
import { formatTime, parseTime, type Instant } from '@rhythm/base';
import { bounds, sumAvailable, sumReplicas, wantedBy } from './sets.ts';

/** The status, with its conditions; `deadlineAt` is when a rollout without progress will be called failed. */
export function deploymentStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  now: Instant,
): { readonly status: DeploymentStatus; readonly deadlineAt?: Instant } {
  const all = newSet === undefined ? old : [newSet, ...old];
  const available = sumAvailable(all);
  const counts: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all, (s) => s.status.replicas),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum(all, (s) => s.status.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumReplicas(all) - available),
    terminatingReplicas: sum(all, (s) => s.status.terminatingReplicas ?? 0),
    ...(deployment.status.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
  };
  const conditions = availableCondition(deployment, available, now);
  const progress = progressCondition(deployment, conditions, counts, newSet, now);
  return { status: { ...counts, conditions: progress.conditions }, ...(progress.deadlineAt === undefined ? {} : { deadlineAt: progress.deadlineAt }) };
}

function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}

function availableCondition(deployment: Deployment, available: number, now: Instant): DeploymentCondition[] {
  const enough = available >= wantedBy(deployment) - bounds(deployment).maxUnavailable;
  const next = enough
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' };
  return withCondition(deployment.status.conditions, next, now, true);
}

interface Progress {
  readonly conditions: DeploymentCondition[];
  readonly deadlineAt?: Instant;
}

function progressCondition(deployment: Deployment, conditions: DeploymentCondition[], counts: DeploymentStatus, newSet: ReplicaSet | undefined, now: Instant): Progress {
  const deadline = deployment.spec.progressDeadlineSeconds;
  // "No deadline" is written as the largest int32.
  if (deadline === undefined || deadline === 2_147_483_647) return { conditions: withoutCondition(conditions, 'Progressing') };
  const before = conditions.find((c) => c.type === 'Progressing');
  if (deployment.spec.paused === true) return { conditions: before?.reason === 'DeploymentPaused' ? conditions : progressing(conditions, 'Unknown', 'DeploymentPaused', 'Deployment is paused', now) };
  const base = before?.reason === 'DeploymentPaused' ? progressing(conditions, 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now) : conditions;
  const done = counts.replicas === counts.updatedReplicas && before?.reason === 'NewReplicaSetAvailable';
  if (done) return { conditions: base };
  const name = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  if (isComplete(deployment, counts)) return { conditions: progressing(base, 'True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`, now) };
  if (hasProgressed(deployment.status, counts) || before === undefined) {
    const conditionsNow = restamped(progressing(base, 'True', 'ReplicaSetUpdated', `${name} is progressing.`, now), now);
    return { conditions: conditionsNow, deadlineAt: now + deadline * 1000 };
  }
  const since = parseTime(base.find((c) => c.type === 'Progressing')?.lastUpdateTime ?? '') ?? now;
  const deadlineAt = since + deadline * 1000;
  if (deadlineAt > now) return { conditions: base, deadlineAt };
  return { conditions: progressing(base, 'False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`, now) };
}

function progressing(conditions: DeploymentCondition[], status: string, reason: string, message: string, now: Instant): DeploymentCondition[] {
  return withCondition(conditions, { type: 'Progressing', status, reason, message }, now, true);
}

/** Progress within the same reason moves the update time: the deadline runs from there. */
function restamped(conditions: readonly DeploymentCondition[], now: Instant): DeploymentCondition[] {
  return conditions.map((c) => (c.type === 'Progressing' ? { ...c, lastUpdateTime: formatTime(now) } : c));
}

function isComplete(deployment: Deployment, counts: DeploymentStatus): boolean {
  const wanted = wantedBy(deployment);
  return counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const updated = (s: DeploymentStatus): number => s.updatedReplicas ?? 0;
  const old = (s: DeploymentStatus): number => (s.replicas ?? 0) - updated(s);
  return (
    updated(after) > updated(before) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}
