import type { ContainerStatus, Pod, PodCondition } from '@rhythm/api/types/core-v1';
import { isSidecar } from '../observed/restart-policy.ts';
import { incompleteInit } from './phase.ts';

type Draft = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: string;
  readonly sandboxReady: boolean;
  readonly init: readonly ContainerStatus[];
  readonly regular: readonly ContainerStatus[];
  /** For `lastTransitionTime`, RFC 3339. */
  readonly now: string;
}

/** The kubelet's five conditions, then those of others as they were. Transition times move only when the status changes. */
export function podConditions(input: ConditionInput): PodCondition[] {
  const drafts: Draft[] = [readyToStart(input), initialized(input), ready(input), containersReady(input), scheduled(input.pod)];
  const published = input.pod.status.conditions ?? [];
  const own = drafts.map((draft): PodCondition => {
    const before = published.find((condition) => condition.type === draft.type);
    return {
      ...draft,
      ...(input.pod.metadata.generation === undefined ? {} : { observedGeneration: input.pod.metadata.generation }),
      lastTransitionTime: before !== undefined && before.status === draft.status ? (before.lastTransitionTime ?? input.now) : input.now,
    };
  });
  return [...own, ...published.filter((condition) => !drafts.some((draft) => draft.type === condition.type))];
}

function readyToStart(input: ConditionInput): Draft {
  return { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' };
}

function initialized({ pod, phase, init }: ConditionInput): Draft {
  const missing = incompleteInit(pod, init);
  if (missing.length === 0) return { type: 'Initialized', status: 'True' };
  if (phase === 'Succeeded') return { type: 'Initialized', status: 'True', reason: 'PodCompleted' };
  return { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${missing.join(' ')}]` };
}

function containersReady(input: ConditionInput): Draft {
  const ended = whenEnded('ContainersReady', input.phase);
  if (ended !== undefined) return ended;
  const sidecars = input.init.filter((status) => (input.pod.spec.initContainers ?? []).some((container) => container.name === status.name && isSidecar(container)));
  const unready = [...sidecars, ...input.regular].filter((status) => !status.ready).map((status) => status.name);
  if (unready.length === 0 && input.regular.length > 0) return { type: 'ContainersReady', status: 'True' };
  return { type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
}

function ready(input: ConditionInput): Draft {
  const containers = containersReady(input);
  if (containers.status !== 'True') return { ...containers, type: 'Ready' };
  const published = input.pod.status.conditions ?? [];
  const problems: string[] = [];
  for (const gate of input.pod.spec.readinessGates ?? []) {
    const condition = published.find((c) => c.type === gate.conditionType);
    if (condition === undefined) problems.push(`corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`);
    else if (condition.status !== 'True') problems.push(`the status of pod readiness gate "${gate.conditionType}" is not "True", but ${condition.status}`);
  }
  if (problems.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

function whenEnded(type: string, phase: string): Draft | undefined {
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  return undefined;
}

/** The scheduler's condition stays as it is; a pod that named its node itself gets one here. */
function scheduled(pod: Pod): Draft {
  const before = pod.status.conditions?.find((condition) => condition.type === 'PodScheduled' && condition.status === 'True');
  return { type: 'PodScheduled', status: 'True', ...(before?.reason === undefined ? {} : { reason: before.reason }), ...(before?.message === undefined ? {} : { message: before.message }) };
}
