import { formatTime, type Instant } from '@rhythm/base';
import type { Container, ContainerState, ContainerStatus, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus as RuntimeContainer } from '@rhythm/cri';
import type { PodMemory } from '../observed/memory.ts';
import { hasEnded, type ObservedPod } from '../observed/observed.ts';
import { backoffMessage, isSidecar, nextBackoff, shouldRestart } from '../observed/restart-policy.ts';

export interface StatusInput {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly memory: PodMemory;
  readonly now: Instant;
  /** The pod has an outcome or is going away: nothing restarts any more. */
  readonly ending: boolean;
}

export type ContainerRole = 'init' | 'regular' | 'ephemeral';

/** The published status of one container. */
export function containerStatus(input: StatusInput, container: Container, role: ContainerRole): ContainerStatus {
  const instances = input.observed.containers.filter((instance) => instance.name === container.name);
  const latest = instances[0];
  const published = publishedStatus(input.pod, container.name, role);
  if (latest === undefined) return unseen(input, container, role, published);
  const waiting = waitingState(input, container, role, latest);
  const previous = waiting === undefined ? instances[1] : latest;
  const running = latest.state === 'running';
  const started = running && isStarted(input, container, latest);
  return {
    name: container.name,
    state: waiting ?? stateOf(latest),
    lastState: previous !== undefined && hasEnded(previous) ? stateOf(previous) : (published?.lastState ?? {}),
    ready: isReady(input, container, role, latest, started),
    restartCount: latest.attempt,
    image: shownImage(latest, container),
    imageID: latest.imageRef,
    containerID: `containerd://${latest.id}`,
    ...(role === 'ephemeral' ? {} : { started: role === 'init' && !isSidecar(container) ? running : started }),
    ...resourcesOf(container),
  };
}

function unseen(input: StatusInput, container: Container, role: ContainerRole, published: ContainerStatus | undefined): ContainerStatus {
  if (published?.state?.terminated !== undefined && (input.ending || role === 'init')) return { ...published, ready: role === 'init' && published.ready };
  const obstacle = input.memory.obstacles.get(container.name);
  const reason = obstacle?.reason ?? (role !== 'ephemeral' && (input.pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating');
  const lost = published?.state?.running;
  return {
    name: container.name,
    state: { waiting: { reason, ...(obstacle?.message === undefined ? {} : { message: obstacle.message }) } },
    lastState: lost === undefined ? (published?.lastState ?? {}) : lostState(input, published),
    ready: false,
    restartCount: published?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    ...(role === 'ephemeral' ? {} : { started: false }),
    ...resourcesOf(container),
  };
}

/** It was running when last reported and the runtime knows nothing of it: the machine or the runtime's state was lost. */
function lostState(input: StatusInput, published: ContainerStatus | undefined): ContainerState {
  return {
    terminated: {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated or restarted',
      startedAt: published?.state.running?.startedAt ?? formatTime(input.now),
      finishedAt: formatTime(input.now),
      ...(published?.containerID === undefined ? {} : { containerID: published.containerID }),
    },
  };
}

/** Why an ended or unstarted container is not running now, when it is still wanted. */
function waitingState(input: StatusInput, container: Container, role: ContainerRole, latest: RuntimeContainer): ContainerState | undefined {
  if (latest.state === 'running') return undefined;
  const obstacle = input.memory.obstacles.get(container.name);
  if (latest.state === 'created') return { waiting: { reason: obstacle?.reason ?? 'ContainerCreating', ...(obstacle === undefined ? {} : { message: obstacle.message }) } };
  if (input.ending || role === 'ephemeral' || !shouldRestart(input.pod, container, latest)) return undefined;
  if (role === 'init' && !isSidecar(container) && latest.exitCode === 0) return undefined;
  if (obstacle !== undefined && (obstacle.reason !== 'RunContainerError' || obstacle.retryAt > input.now)) return { waiting: { reason: obstacle.reason, message: obstacle.message } };
  const entry = input.memory.backoff.get(container.name);
  const { waitUntil } = nextBackoff(entry, latest.finishedAt, input.now);
  if (entry === undefined || waitUntil <= input.now) return undefined;
  return { waiting: { reason: 'CrashLoopBackOff', message: backoffMessage(input.pod, container.name, entry.delayMs) } };
}

function stateOf(instance: RuntimeContainer): ContainerState {
  if (instance.state === 'running') return { running: { startedAt: formatTime(instance.startedAt) } };
  if (instance.state === 'created') return { waiting: { reason: 'ContainerCreating' } };
  return {
    terminated: {
      exitCode: instance.state === 'unknown' && instance.exitCode === 0 ? 137 : instance.exitCode,
      reason: instance.reason !== '' ? instance.reason : instance.exitCode === 0 ? 'Completed' : 'Error',
      ...(instance.message === '' ? {} : { message: instance.message }),
      // The time of one that never got to run is 1970, as Kubernetes shows it.
      startedAt: formatTime(instance.startedAt),
      ...(instance.finishedAt === 0 ? {} : { finishedAt: formatTime(instance.finishedAt) }),
      containerID: `containerd://${instance.id}`,
    },
  };
}

const isStarted = (input: StatusInput, container: Container, latest: RuntimeContainer): boolean =>
  container.startupProbe === undefined || input.memory.probes.get(latest.id)?.startup === true;

function isReady(input: StatusInput, container: Container, role: ContainerRole, latest: RuntimeContainer, started: boolean): boolean {
  if (role === 'ephemeral') return false;
  if (role === 'init' && !isSidecar(container)) return latest.state === 'exited' && latest.exitCode === 0;
  if (latest.state !== 'running' || !started) return false;
  return container.readinessProbe === undefined || input.memory.probes.get(latest.id)?.readiness === true;
}

function publishedStatus(pod: Pod, name: string, role: ContainerRole): ContainerStatus | undefined {
  const lists = { init: pod.status.initContainerStatuses, regular: pod.status.containerStatuses, ephemeral: pod.status.ephemeralContainerStatuses };
  return lists[role]?.find((status) => status.name === name);
}

/** The runtime's name of the image, unless it knows only an id. */
function shownImage(latest: RuntimeContainer, container: Container): string {
  return latest.image !== '' && !latest.image.startsWith('sha256:') ? latest.image : (container.image ?? '');
}

function resourcesOf(container: Container): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { requests, limits } = container.resources ?? {};
  if (requests === undefined && limits === undefined) return {};
  return {
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) },
  };
}
