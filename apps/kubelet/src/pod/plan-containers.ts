import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus, SandboxStatus } from '@rhythm/cri';
import type { Instant } from '@rhythm/base';
import { containerHash } from '../spec/container-hash.ts';
import { runtimeAnnotations } from '../observed/labels.ts';
import { currentSandbox, hasEnded, latestIn, latestOf } from '../observed/observed.ts';
import type { Action, PlanInput, PodPlan } from './action.ts';
import { isSidecar, nextBackoff, shouldRestart } from '../observed/restart-policy.ts';

/** Collects actions and the earliest wake-up of one planning run. */
class Draft {
  readonly actions: Action[] = [];
  wakeAt: Instant | undefined;

  wake(at: Instant): void {
    this.wakeAt = this.wakeAt === undefined ? at : Math.min(this.wakeAt, at);
  }
}

/** Init containers in order, sidecars kept alive, then all regular containers at once. The sandbox is ready. */
export function planContainers(input: PlanInput): PodPlan {
  const sandbox = currentSandbox(input.observed);
  const draft = new Draft();
  if (sandbox !== undefined && planInit(input, sandbox, draft)) {
    for (const container of input.pod.spec.containers) planKept(input, sandbox, container, draft);
    planEphemeral(input, draft);
  }
  return { actions: draft.actions, ...(draft.wakeAt === undefined ? {} : { wakeAt: draft.wakeAt }) };
}

/** Gives true once regular containers may run. */
function planInit(input: PlanInput, sandbox: SandboxStatus, draft: Draft): boolean {
  const { pod, observed, memory } = input;
  const initialized = pod.spec.containers.some((container) => latestIn(observed, sandbox.id, container.name) !== undefined);
  for (const container of pod.spec.initContainers ?? []) {
    const latest = latestIn(observed, sandbox.id, container.name);
    if (isSidecar(container)) {
      planKept(input, sandbox, container, draft);
      const started = latest?.state === 'running' && (container.startupProbe === undefined || memory.probes.get(latest.id)?.startup === true);
      if (!initialized && !started) return false;
      continue;
    }
    if (initialized || (latest?.state === 'exited' && latest.exitCode === 0)) continue;
    if (latest === undefined) start(input, container, draft);
    else if (latest.state === 'created') restartCreated(input, container, latest, draft);
    else if (hasEnded(latest) && shouldRestart(pod, container, latest)) restart(input, container, latest, draft);
    return false;
  }
  return true;
}

/** A container that is to run as long as the pod does, as its restart policy says. */
function planKept(input: PlanInput, sandbox: SandboxStatus, container: Container, draft: Draft): void {
  const { pod, observed } = input;
  const latest = latestOf(observed, container.name);
  if (latest === undefined) start(input, container, draft);
  else if (latest.state === 'created') restartCreated(input, container, latest, draft);
  else if (latest.state === 'running') {
    const kill = reasonToKill(input, sandbox, container, latest);
    if (kill !== undefined) draft.actions.push({ kind: 'killContainer', id: latest.id, name: container.name, ...kill });
  } else if (shouldRestart(pod, container, latest)) {
    // That its sandbox was lost is not the container's fault: no back-off for it.
    if (latest.sandboxId === sandbox.id) restart(input, container, latest, draft);
    else startUnlessBlocked(input, container, latest.attempt + 1, draft);
  }
}

function reasonToKill({ pod, memory }: PlanInput, sandbox: SandboxStatus, container: Container, running: ContainerStatus): { graceSeconds: number; message: string } | undefined {
  const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
  const hash = running.annotations[runtimeAnnotations.containerHash];
  if (running.sandboxId !== sandbox.id) return { graceSeconds: grace, message: 'Pod sandbox changed, it will be killed and re-created.' };
  if (hash !== undefined && hash !== containerHash(container)) {
    return { graceSeconds: grace, message: `Container ${container.name} definition changed, will be restarted` };
  }
  const probes = memory.probes.get(running.id);
  if (probes?.startup === false) {
    return { graceSeconds: container.startupProbe?.terminationGracePeriodSeconds ?? grace, message: `Container ${container.name} failed startup probe, will be restarted` };
  }
  if (probes?.liveness === false) {
    return { graceSeconds: container.livenessProbe?.terminationGracePeriodSeconds ?? grace, message: `Container ${container.name} failed liveness probe, will be restarted` };
  }
  return undefined;
}

function start(input: PlanInput, container: Container, draft: Draft): void {
  startUnlessBlocked(input, container, firstAttempt(input.pod, container), draft);
}

function startUnlessBlocked(input: PlanInput, container: Container, attempt: number, draft: Draft): void {
  const obstacle = input.memory.obstacles.get(container.name);
  if (obstacle !== undefined && obstacle.retryAt > input.now) draft.wake(obstacle.retryAt);
  else draft.actions.push({ kind: 'startContainer', name: container.name, attempt });
}

function restart(input: PlanInput, container: Container, ended: ContainerStatus, draft: Draft): void {
  const { waitUntil, next } = nextBackoff(input.memory.backoff.get(container.name), ended.finishedAt, input.now);
  const retryAt = input.memory.obstacles.get(container.name)?.retryAt ?? 0;
  const blockedUntil = Math.max(waitUntil, retryAt);
  // What is shown changes when the obstacle has passed.
  if (retryAt > input.now) draft.wake(retryAt);
  if (blockedUntil > input.now) draft.wake(blockedUntil);
  else draft.actions.push({ kind: 'startContainer', name: container.name, attempt: ended.attempt + 1, backoff: next });
}

/** Created but never started: the kubelet died in between, or the start was refused. */
function restartCreated(input: PlanInput, container: Container, created: ContainerStatus, draft: Draft): void {
  const obstacle = input.memory.obstacles.get(container.name);
  if (obstacle !== undefined && obstacle.retryAt > input.now) {
    draft.wake(obstacle.retryAt);
    return;
  }
  draft.actions.push({ kind: 'removeContainer', id: created.id }, { kind: 'startContainer', name: container.name, attempt: created.attempt });
}

/** Debugging containers run once. */
function planEphemeral(input: PlanInput, draft: Draft): void {
  for (const container of input.pod.spec.ephemeralContainers ?? []) {
    if (latestOf(input.observed, container.name) === undefined) start(input, { ...container, resources: container.resources ?? {} }, draft);
  }
}

/** The runtime may have lost its state (a reboot): counting goes on from what was last reported. */
function firstAttempt(pod: Pod, container: Container): number {
  const reported = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].find((status) => status.name === container.name);
  return reported?.containerID === undefined ? 0 : reported.restartCount + 1;
}
