import { mkdir } from 'node:fs/promises';
import { causeChain, withTimeout, unreachable } from '@rhythm/base';
import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { NodeContext } from './node-context.ts';
import { abortable } from '../containers/image-puller.ts';
import { killContainer } from './kill-container.ts';
import { ObstacleError } from '../containers/obstacle-error.ts';
import { startContainer } from './start-container.ts';
import { containerLogPath } from '../spec/container-config.ts';
import type { DownwardContext } from '../spec/downward.ts';
import { podLimits } from '../spec/resources.ts';
import { podCgroup, portMappings, sandboxConfig } from '../spec/sandbox-config.ts';
import { removeLogs } from '../logs/remove-logs.ts';
import type { Action } from './action.ts';
import type { PodEvents } from '../observed/events.ts';
import { currentSandbox, latestOf, type ObservedPod } from '../observed/observed.ts';
import type { PodState } from './pod-state.ts';
import { raiseDelay } from '../observed/restart-policy.ts';

export interface ExecuteInput {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly state: PodState;
  readonly events: PodEvents;
  readonly signal: AbortSignal;
  /** Called when something a volume shows has changed. */
  readonly onReferenceChange: () => void;
  /** The last steps of a deleted pod. */
  readonly finish: () => Promise<void>;
}

/** Delays after failed sandboxes and volumes. */
const sandboxBackoff = { initialMs: 2_000, maxMs: 60_000 } as const;
const volumeBackoff = { initialMs: 1_000, maxMs: 120_000 } as const;
const referencesMs = 10_000;

/** Carries out a plan: kills at the same time, the rest one after the other. Failures become obstacles in `state`. */
export async function executePlan(node: NodeContext, input: ExecuteInput, actions: readonly Action[]): Promise<void> {
  // Interrupted while it was planned: what is done now would be half done.
  input.signal.throwIfAborted();
  const kills = actions.filter((action) => action.kind === 'killContainer');
  await Promise.all(kills.map((action) => kill(node, input, action)));
  for (const action of actions) {
    input.signal.throwIfAborted();
    if (action.kind !== 'killContainer') await executeAction(node, input, action);
  }
}

async function executeAction(node: NodeContext, input: ExecuteInput, action: Exclude<Action, { kind: 'killContainer' }>): Promise<void> {
  switch (action.kind) {
    case 'mountVolumes':
      return mountVolumes(node, input);
    case 'createSandbox':
      return createSandbox(node, input, action.attempt);
    case 'stopSandbox':
      return node.runtime.stopSandbox(action.id);
    case 'removeSandbox':
      return node.runtime.removeSandbox(action.id);
    case 'startContainer':
      return start(node, input, action);
    case 'removeContainer':
      return removeContainer(node, input, action.id);
    case 'finish':
      return input.finish();
    default:
      return unreachable(action);
  }
}

async function mountVolumes(node: NodeContext, { pod, observed, state, events, signal, onReferenceChange }: ExecuteInput): Promise<void> {
  const deadline = withTimeout(node.clock, referencesMs, () => new Error('timed out waiting for the ConfigMaps and Secrets of the pod'), signal);
  try {
    await abortable(node.references.track(pod, onReferenceChange), deadline.signal);
    await node.volumes.mount(pod, downwardContext(node, observed, pod));
    state.mounted = true;
    state.volumeObstacle = undefined;
    state.volumeDelayMs = undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    const message = causeChain(error);
    state.volumeDelayMs = raiseDelay(state.volumeDelayMs, volumeBackoff.initialMs, volumeBackoff.maxMs);
    state.volumeObstacle = { reason: 'FailedMount', message, retryAt: node.clock.now() + state.volumeDelayMs };
    events.warning('FailedMount', message);
  } finally {
    deadline.cancel();
  }
}

async function createSandbox(node: NodeContext, { pod, state, events, signal }: ExecuteInput, attempt: number): Promise<void> {
  try {
    if (portMappings(pod).length > 0 && !node.hostPortsWork()) throw new Error('hostPort needs the portmap plugin in the CNI configuration of this node');
    await node.cgroups.create(podCgroup(node.cgroupRoot, pod.metadata.uid ?? ''), podLimits(pod));
    const config = sandboxConfig(pod, attempt, node);
    await mkdir(config.logDirectory, { recursive: true, mode: 0o755 });
    // Not interrupted: a sandbox half made would come back after the pod was cleaned up.
    await node.runtime.runSandbox(config);
    state.sandboxObstacle = undefined;
    state.sandboxDelayMs = undefined;
    // What failed in the sandbox before may have failed because that one was going away.
    for (const [name, { reason }] of state.obstacles) if (reason === 'CreateContainerError' || reason === 'RunContainerError') state.obstacles.delete(name);
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `Failed to create pod sandbox: ${causeChain(error)}`;
    state.sandboxDelayMs = raiseDelay(state.sandboxDelayMs, sandboxBackoff.initialMs, sandboxBackoff.maxMs);
    state.sandboxObstacle = { reason: 'FailedCreatePodSandBox', message, retryAt: node.clock.now() + state.sandboxDelayMs };
    events.warning('FailedCreatePodSandBox', message);
  }
}

async function start(node: NodeContext, input: ExecuteInput, action: Extract<Action, { kind: 'startContainer' }>): Promise<void> {
  const { pod, observed, state, events, signal } = input;
  const sandbox = currentSandbox(observed);
  const container = containerOf(pod, action.name);
  if (sandbox === undefined || container === undefined) return;
  if (action.backoff !== undefined) state.backoff.set(action.name, action.backoff);
  try {
    await startContainer(node, {
      pod,
      container,
      attempt: action.attempt,
      sandboxId: sandbox.id,
      sandbox: sandboxConfig(pod, sandbox.attempt, node),
      downward: downwardContext(node, observed, pod),
      events,
      targetId: targetOf(pod, observed, action.name),
      signal,
    });
    state.obstacles.delete(action.name);
  } catch (error) {
    if (signal.aborted) throw error;
    const obstacle = error instanceof ObstacleError ? error : new ObstacleError('CreateContainerError', causeChain(error), sandboxBackoff.maxMs, { cause: error });
    state.obstacles.set(action.name, { reason: obstacle.reason, message: obstacle.message, retryAt: node.clock.now() + obstacle.retryMs });
  }
}

/** The running container that a debugging container wants to look into. @throws ObstacleError while it does not run */
function targetOf(pod: Pod, observed: ObservedPod, name: string): string | undefined {
  const target = pod.spec.ephemeralContainers?.find((container) => container.name === name)?.targetContainerName ?? '';
  if (target === '') return undefined;
  const latest = latestOf(observed, target);
  if (latest?.state !== 'running') throw new ObstacleError('CreateContainerConfigError', `unable to find target container ${target}`, sandboxBackoff.initialMs);
  return latest.id;
}

async function kill(node: NodeContext, input: ExecuteInput, action: Extract<Action, { kind: 'killContainer' }>): Promise<void> {
  const { pod, state, events, signal, observed } = input;
  const skipHook = state.hooked.has(action.id);
  state.hooked.add(action.id);
  if (!skipHook) events.normal('Killing', action.message, action.name);
  const podIp = downwardContext(node, observed, pod).podIps[0] ?? '';
  await killContainer(node, { pod, container: containerOf(pod, action.name), id: action.id, graceSeconds: action.graceSeconds, podIp, events, signal, skipHook });
}

async function removeContainer(node: NodeContext, { pod, observed, state }: ExecuteInput, id: string): Promise<void> {
  const instance = observed.containers.find((container) => container.id === id);
  await node.runtime.removeContainer(id);
  state.probes.delete(id);
  state.hooked.delete(id);
  if (instance !== undefined) await removeLogs(`${node.paths.podLogs(pod.metadata)}/${containerLogPath(instance.name, instance.attempt)}`);
}

/** What downward fields of a pod say now. */
export function downwardContext(node: NodeContext, observed: ObservedPod, pod: Pod): DownwardContext {
  const podIps = pod.spec.hostNetwork === true ? node.hostIps : (currentSandbox(observed)?.ips ?? []);
  return { podIps, hostIps: node.hostIps, allocatable: node.allocatable() };
}

export function containerOf(pod: Pod, name: string): Container | undefined {
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((container): Container => ({ ...container, resources: container.resources ?? {} }));
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...ephemeral].find((container) => container.name === name);
}
