import type { Deployment, DeploymentStatus, ReplicaSet } from '@rhythm/api/types/apps-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { Instant } from '@rhythm/base';
import { semanticallyEqual } from '../../shared/equality.ts';
import { controllerReference } from '../../shared/owners.ts';
import { isScalingEvent, proportionalScale } from './proportional.ts';
import { newSetReplicas, rollingStep, type Scale } from './rolling.ts';
import {
  bounds,
  byAge,
  desiredReplicasAnnotation,
  hashLabel,
  maxReplicasAnnotation,
  newSetOf,
  replicasOf,
  revisionAnnotation,
  revisionHistoryAnnotation,
  revisionOf,
  wantedBy,
} from './sets.ts';
import { deploymentStatus } from './status.ts';
import { templateHash } from './template-hash.ts';

/** Annotations that belong to one object and are not handed down to its sets. */
const notInherited = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

export interface DeploymentPlan {
  /** A set to make for the present template. */
  readonly create?: ReplicaSet;
  /** Sets to write anew: other size, other annotations. */
  readonly update: readonly ReplicaSet[];
  readonly delete: readonly ReplicaSet[];
  /** Revision annotation of the deployment, when it has to change. */
  readonly revision?: string;
  readonly status: DeploymentStatus;
  readonly lookAgainAt?: Instant;
}

/** What a deployment needs now, given the ReplicaSets that it controls and their pods. One step; the next follows its events. */
export function planDeployment(deployment: Deployment, sets: readonly ReplicaSet[], pods: readonly Pod[], now: Instant): DeploymentPlan {
  const newSet = newSetOf(deployment, sets);
  const old = byAge(sets.filter((set) => set !== newSet));
  const { status, deadlineAt } = deploymentStatus(deployment, newSet, old, now);
  const rest = { status, ...(deadlineAt === undefined ? {} : { lookAgainAt: deadlineAt }) };
  if (deployment.metadata.deletionTimestamp !== undefined) return { update: [], delete: [], ...rest };
  if (deployment.spec.paused === true || isScalingEvent(deployment, sets)) {
    const scaled = sized(deployment, proportionalScale(deployment, newSet, old));
    return { update: scaled, delete: deployment.spec.paused === true ? expired(deployment, old) : [], ...rest };
  }
  if (deployment.spec.strategy.type === 'Recreate') {
    const emptied = old.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: 0 }));
    if (emptied.length > 0) return { update: sized(deployment, emptied), delete: [], ...rest };
    if (newSet === undefined && oldPodsRun(old, pods)) return { update: [], delete: [], ...rest };
  }
  if (newSet === undefined) {
    const create = newReplicaSet(deployment, old);
    return { create, update: [], delete: [], revision: create.metadata.annotations?.[revisionAnnotation] ?? '1', ...rest };
  }
  return { ...rollout(deployment, newSet, old, status), ...rest };
}

function rollout(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[], status: DeploymentStatus): Pick<DeploymentPlan, 'update' | 'delete' | 'revision'> {
  const annotated = withRevision(deployment, newSet, old);
  const revision = annotated.metadata.annotations?.[revisionAnnotation] ?? '';
  const step = sized(deployment, deployment.spec.strategy.type === 'Recreate' ? recreateStep(deployment, newSet) : rollingStep(deployment, newSet, old));
  const scaledNew = step.find((set) => set.metadata.uid === newSet.metadata.uid);
  const update = step.filter((set) => set !== scaledNew);
  const next = scaledNew === undefined ? annotated : { ...scaledNew, metadata: { ...scaledNew.metadata, annotations: { ...annotated.metadata.annotations, ...sizeAnnotations(deployment) } } };
  if (!semanticallyEqual(next.metadata.annotations, newSet.metadata.annotations) || scaledNew !== undefined) update.unshift(next);
  const complete = status.updatedReplicas === wantedBy(deployment) && status.replicas === wantedBy(deployment) && status.availableReplicas === wantedBy(deployment);
  return {
    update,
    delete: complete ? expired(deployment, old) : [],
    ...(deployment.metadata.annotations?.[revisionAnnotation] === revision ? {} : { revision }),
  };
}

function recreateStep(deployment: Deployment, newSet: ReplicaSet): readonly Scale[] {
  return replicasOf(newSet) === wantedBy(deployment) ? [] : [{ set: newSet, replicas: wantedBy(deployment) }];
}

function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const hash = templateHash(deployment.spec.template, deployment.status.collisionCount ?? 0);
  const template = deployment.spec.template;
  const labels = { ...template.metadata.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { ...inherited(deployment), [revisionAnnotation]: String(nextRevision(old)), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment, 'apps/v1', 'Deployment')],
    },
    spec: {
      replicas: newSetReplicas(deployment, old, 0),
      minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      selector: { ...deployment.spec.selector, matchLabels: { ...deployment.spec.selector?.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}

/** The new set with the deployment's annotations and, when an older template came back, the next revision. */
function withRevision(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): ReplicaSet {
  const before = revisionOf(newSet);
  const revision = Math.max(before, nextRevision(old));
  const history = newSet.metadata.annotations?.[revisionHistoryAnnotation];
  const annotations: Record<string, string> = { ...newSet.metadata.annotations, ...inherited(deployment), [revisionAnnotation]: String(revision) };
  if (revision !== before && before > 0) annotations[revisionHistoryAnnotation] = history === undefined ? String(before) : `${history},${before}`;
  return { ...newSet, metadata: { ...newSet.metadata, annotations }, spec: { ...newSet.spec, minReadySeconds: deployment.spec.minReadySeconds ?? 0 } };
}

function nextRevision(old: readonly ReplicaSet[]): number {
  return old.reduce((most, set) => Math.max(most, revisionOf(set)), 0) + 1;
}

function inherited(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notInherited.has(key)));
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = wantedBy(deployment);
  return { [desiredReplicasAnnotation]: String(wanted), [maxReplicasAnnotation]: String(wanted + bounds(deployment).maxSurge) };
}

function sized(deployment: Deployment, scales: readonly Scale[]): ReplicaSet[] {
  return scales
    .map(({ set, replicas }) => ({
      ...set,
      metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...sizeAnnotations(deployment) } },
      spec: { ...set.spec, replicas },
    }))
    .filter((next, i) => {
      const before = scales[i]?.set;
      return next.spec.replicas !== before?.spec.replicas || !semanticallyEqual(next.metadata.annotations, before?.metadata.annotations);
    });
}

/** Empty old sets beyond the history limit, the oldest revisions first. */
function expired(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const empty = old.filter((set) => set.metadata.deletionTimestamp === undefined && replicasOf(set) === 0 && set.status.replicas === 0);
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  return [...empty].sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, empty.length - limit));
}

function oldPodsRun(old: readonly ReplicaSet[], pods: readonly Pod[]): boolean {
  const owners = new Set(old.map((set) => set.metadata.uid));
  return pods.some((pod) => {
    const owner = (pod.metadata.ownerReferences ?? []).find((reference) => reference.controller === true);
    return owners.has(owner?.uid) && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed';
  });
}
