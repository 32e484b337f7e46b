import { parseTime, type Instant } from '@rhythm/base';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { Action, PlanInput, PodPlan } from './action.ts';
import type { PodMemory } from '../observed/memory.ts';
import { currentSandbox, isRunning, type ObservedPod } from '../observed/observed.ts';
import { podOutcome } from '../observed/outcome.ts';
import { planContainers } from './plan-containers.ts';
import { planEnding } from './plan-ending.ts';

/** What to do next for one pod. Pure: the same input gives the same plan, and a plan carried out twice does no harm. */
export function planPod(input: PlanInput): PodPlan {
  const { pod, observed, memory, now } = input;
  if (input.deleted || memory.termination !== undefined) return planEnding(input);
  const deadline = activeDeadline(pod, memory);
  if (deadline !== undefined && now >= deadline && podOutcome(pod, observed, memory) === undefined) {
    return { actions: [], failure: { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' } };
  }
  if (podOutcome(pod, observed, memory) !== undefined) return planEnding(input);
  const plan = currentSandbox(observed) === undefined ? planSandbox(input) : planContainers(input);
  return withWake(mountFirst({ ...plan, actions: [...plan.actions, ...planGarbage(observed)] }, memory, now), deadline);
}

function planSandbox({ pod, observed, memory, now }: PlanInput): PodPlan {
  const newest = observed.sandboxes[0];
  const actions: Action[] = observed.containers.filter(isRunning).map((container) => ({
    kind: 'killContainer',
    id: container.id,
    name: container.name,
    graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30,
    message: 'Pod sandbox changed, it will be killed and re-created.',
  }));
  const obstacle = memory.sandboxObstacle;
  if (obstacle !== undefined && obstacle.retryAt > now) return { actions, wakeAt: obstacle.retryAt };
  if (newest !== undefined) actions.push({ kind: 'stopSandbox', id: newest.id });
  actions.push({ kind: 'createSandbox', attempt: newest === undefined ? 0 : newest.attempt + 1 });
  return { actions };
}

/**
 * Nothing starts before the volumes are in place; kills do not wait for them. A pod that was adopted gets them too, so that what
 * they show is kept up to date.
 */
function mountFirst(plan: PodPlan, memory: PodMemory, now: Instant): PodPlan {
  if (memory.mounted) return plan;
  const actions = plan.actions.filter((action) => action.kind !== 'startContainer' && action.kind !== 'createSandbox');
  const obstacle = memory.volumeObstacle;
  if (obstacle !== undefined && obstacle.retryAt > now) return withWake({ ...plan, actions }, obstacle.retryAt);
  return { ...plan, actions: [...actions, { kind: 'mountVolumes' }] };
}

/** How many instances of a container stay in the runtime, for `lastState` and `logs --previous`. */
const instancesKept = 2;

/** Instances and sandboxes that nobody will ask for again. */
function planGarbage(observed: ObservedPod): Action[] {
  const kept = new Set<string>();
  const seen = new Map<string, number>();
  const actions: Action[] = [];
  for (const container of observed.containers) {
    const count = seen.get(container.name) ?? 0;
    seen.set(container.name, count + 1);
    if (count < instancesKept || isRunning(container)) kept.add(container.sandboxId);
    else actions.push({ kind: 'removeContainer', id: container.id });
  }
  for (const sandbox of observed.sandboxes.slice(1)) {
    if (sandbox.ready) actions.push({ kind: 'stopSandbox', id: sandbox.id });
    if (!kept.has(sandbox.id)) actions.push({ kind: 'removeSandbox', id: sandbox.id });
  }
  return actions;
}

function activeDeadline(pod: Pod, memory: PodMemory): Instant | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  if (seconds === undefined) return undefined;
  const published = pod.status.startTime === undefined ? undefined : parseTime(pod.status.startTime);
  return (published ?? memory.startTime) + seconds * 1000;
}

function withWake(plan: PodPlan, at: Instant | undefined): PodPlan {
  if (at === undefined) return plan;
  return { ...plan, wakeAt: plan.wakeAt === undefined ? at : Math.min(plan.wakeAt, at) };
}
