import type { Container, ContainerStatus as PublishedStatus, Pod, PodStatus } from '@rhythm/api/types/core-v1';
import { parseTime, type Instant } from '@rhythm/base';
import type { ContainerStatus, SandboxStatus } from '@rhythm/cri';
import type { Action } from '../pod/action.ts';
import { runtimeAnnotations } from '../observed/labels.ts';
import type { ObservedPod } from '../observed/observed.ts';
import { planPod } from '../pod/plan.ts';
import { PodState } from '../pod/pod-state.ts';
import { isSidecar } from '../observed/restart-policy.ts';
import { containerHash } from '../spec/container-hash.ts';
import { podStatus } from '../status/pod-status.ts';
import { withOwnStatus } from '../status/status-patch.ts';

/** A pod on a node that does not exist: what its runtime would hold, and what its kubelet would remember. */
export interface FakePod {
  readonly state: PodState;
  observed: ObservedPod;
}

export interface FakePodInput {
  readonly pod: Pod;
  /** The status set last, which the API may not show yet. */
  readonly published: PodStatus | undefined;
  readonly hostIps: readonly string[];
  /** The address of the pod; asked for when its sandbox is made. */
  ip(): string;
  readonly now: Instant;
}

export interface FakePodResult {
  readonly status: PodStatus;
  /** The pod is deleted and nothing of it runs: the object can go. */
  readonly finished: boolean;
  readonly wakeAt?: Instant;
}

/** Plans in a row: two per init container, two kills and one look suffice; more means that a plan takes no effect. */
const roundsMax = 1_000;
const containerdPrefix = 'containerd://';

/** A pod as a fake node first sees it. What its status says runs is taken for running: a restarted process changes nothing. */
export function newFakePod(pod: Pod, now: Instant): FakePod {
  const state = new PodState(now);
  state.mounted = true;
  const observed = observedFromStatus(pod, now);
  for (const container of observed.containers) pass(state, container.id);
  return { state, observed };
}

/**
 * Follows the real kubelet's plan to its end. Every action takes effect at once: containers run as soon as they are started, init containers
 * have completed, probes pass, kills succeed. Changes `fake` only.
 */
export function advanceFakePod(fake: FakePod, input: FakePodInput): FakePodResult {
  const pod = withOwnStatus(input.pod, input.published);
  const deleted = pod.metadata.deletionTimestamp !== undefined;
  if (deleted) fake.state.termination ??= { since: input.now, graceSeconds: 0 };
  const result = (finished: boolean, wakeAt?: Instant): FakePodResult => {
    const status = podStatus({ pod, observed: fake.observed, memory: fake.state, now: input.now, hostIps: input.hostIps });
    return { status, finished, ...(wakeAt === undefined ? {} : { wakeAt }) };
  };
  for (let round = 0; round < roundsMax; round++) {
    const plan = planPod({ pod, deleted, observed: fake.observed, memory: fake.state, now: input.now });
    if (plan.failure !== undefined) {
      fake.state.failure = plan.failure;
      continue;
    }
    if (plan.actions.length === 0) return result(false, plan.wakeAt);
    if (plan.actions.some(({ kind }) => kind === 'finish')) return result(true);
    for (const action of plan.actions) fake.observed = act(fake, action, input);
  }
  throw new Error(`${roundsMax} plans in a row did not take effect`);
}

function act(fake: FakePod, action: Action, input: FakePodInput): ObservedPod {
  const { pod, now } = input;
  const { sandboxes, containers } = fake.observed;
  switch (action.kind) {
    case 'createSandbox':
      return { sandboxes: [newSandbox(pod, action.attempt, pod.spec.hostNetwork === true ? [] : [input.ip()], now), ...sandboxes], containers };
    case 'stopSandbox':
      return { sandboxes: sandboxes.map((sandbox) => (sandbox.id === action.id ? { ...sandbox, ready: false } : sandbox)), containers };
    case 'removeSandbox':
      return { sandboxes: sandboxes.filter(({ id }) => id !== action.id), containers };
    case 'startContainer': {
      const started = startedContainer(pod, action.name, action.attempt, sandboxes[0]?.id ?? '', now);
      pass(fake.state, started.id);
      return { sandboxes, containers: [started, ...containers] };
    }
    case 'killContainer':
      return { sandboxes, containers: containers.map((container) => (container.id === action.id ? { ...container, state: 'exited', finishedAt: now, reason: 'Completed' } : container)) };
    case 'removeContainer':
      fake.state.probes.delete(action.id);
      return { sandboxes, containers: containers.filter(({ id }) => id !== action.id) };
    case 'mountVolumes':
    case 'finish':
      return fake.observed;
  }
}

/** Probes are not run: they have passed. */
function pass(state: PodState, id: string): void {
  state.probes.set(id, { startup: true, liveness: true, readiness: true });
}

function newSandbox({ metadata }: Pod, attempt: number, ips: readonly string[], createdAt: Instant): SandboxStatus {
  const { name = '', namespace = '', uid = '' } = metadata;
  return { id: `fake-${uid}-${attempt}`, name, namespace, uid, attempt, ready: true, createdAt, labels: {}, annotations: {}, ips };
}

function startedContainer(pod: Pod, name: string, attempt: number, sandboxId: string, now: Instant): ContainerStatus {
  const init = pod.spec.initContainers?.find((container) => container.name === name);
  const container = init ?? pod.spec.containers.find((each) => each.name === name) ?? pod.spec.ephemeralContainers?.find((each) => each.name === name);
  const completes = init !== undefined && !isSidecar(init);
  return {
    id: `fake-${pod.metadata.uid ?? ''}-${name}-${attempt}`,
    sandboxId,
    name,
    attempt,
    state: completes ? 'exited' : 'running',
    createdAt: now,
    startedAt: now,
    finishedAt: completes ? now : 0,
    exitCode: 0,
    reason: completes ? 'Completed' : '',
    message: '',
    image: container?.image ?? '',
    imageRef: container?.image ?? '',
    logPath: '',
    labels: {},
    annotations: container === undefined ? {} : { [runtimeAnnotations.containerHash]: containerHash(container as Container) },
  };
}

/** What a runtime would hold of a pod with this status. */
function observedFromStatus(pod: Pod, now: Instant): ObservedPod {
  const { status } = pod;
  const all = [...(status.ephemeralContainerStatuses ?? []), ...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const known = all.filter(({ containerID = '' }) => containerID !== '');
  if (known.length === 0) return { sandboxes: [], containers: [] };
  const sandbox = newSandbox(pod, 0, status.podIPs?.map(({ ip }) => ip) ?? [], parseTime(status.startTime ?? '') ?? now);
  const over = status.phase === 'Succeeded' || status.phase === 'Failed';
  return { sandboxes: [{ ...sandbox, ready: !over }], containers: known.map((each) => containerFromStatus(pod, sandbox, each)) };
}

function containerFromStatus(pod: Pod, sandbox: SandboxStatus, { name, containerID = '', restartCount, state }: PublishedStatus): ContainerStatus {
  const started = startedContainer(pod, name, restartCount, sandbox.id, parseTime(state.running?.startedAt ?? state.terminated?.startedAt ?? '') ?? sandbox.createdAt);
  const id = containerID.startsWith(containerdPrefix) ? containerID.slice(containerdPrefix.length) : containerID;
  if (state.terminated === undefined) return { ...started, id, state: 'running', finishedAt: 0, reason: '' };
  const { exitCode, finishedAt = '', reason = '', message = '' } = state.terminated;
  return { ...started, id, state: 'exited', exitCode, finishedAt: parseTime(finishedAt) ?? started.startedAt, reason, message };
}
