import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { causeChain, randomSuffix } from '@rhythm/base';
import type { Container, Pod, Secret } from '@rhythm/api/types/core-v1';
import type { Mount, SandboxConfig } from '@rhythm/cri';
import type { NodeContext } from './node-context.ts';
import type { PodEvents } from '../observed/events.ts';
import { segment } from '../paths.ts';
import { containerConfig } from '../spec/container-config.ts';
import { UnresolvedError, type DownwardContext } from '../spec/downward.ts';
import { containerEnv } from '../spec/env.ts';
import { hostsFile } from '../spec/hosts-file.ts';
import { containerSecurity } from '../spec/security.ts';
import { serviceEnv } from '../spec/service-env.ts';
import { MountError } from '../volumes/payload.ts';
import { runHook } from '../containers/hooks.ts';
import { ObstacleError } from '../containers/obstacle-error.ts';
import { runtimeText } from '../containers/runtime-text.ts';

export interface StartInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  readonly sandboxId: string;
  readonly sandbox: SandboxConfig;
  readonly downward: DownwardContext;
  readonly events: PodEvents;
  /** See ContainerInput. */
  readonly targetId?: string | undefined;
  readonly signal: AbortSignal;
}

/** How soon a container that cannot be made is tried again. */
const retryMs = 10_000;
/** How long a failed start shows as such. The instance has ended: what follows is the back-off of restarts. */
const showFailureMs = 1_000;
const postStartMsMax = 24 * 3600 * 1000;

/**
 * Pulls, creates, starts one container and runs its postStart hook. Pull and hook can be interrupted; the calls in between are short and are not.
 * @throws ObstacleError with the reason users see
 */
export async function startContainer(node: NodeContext, input: StartInput): Promise<void> {
  const { pod, container, events, signal, sandbox } = input;
  const references = node.references.of(pod);
  const secrets = (pod.spec.imagePullSecrets ?? []).map(({ name = '' }) => references.secret(name)).filter((secret): secret is Secret => secret !== undefined);
  let id: string;
  try {
    const found = await node.images.ensure(pod, container, secrets, sandbox, events, signal);
    const config = await configOf(node, input, found);
    signal.throwIfAborted();
    id = await create(node, input, config);
  } catch (error) {
    if (error instanceof ObstacleError) events.warning('Failed', `Error: ${error.reason === 'CreateContainerConfigError' || error.reason === 'CreateContainerError' ? error.message : error.reason}`, container.name);
    throw error;
  }
  await run(node, input, id);
}

async function configOf(node: NodeContext, { pod, container, attempt, downward, targetId }: StartInput, found: { ref: string; image: Parameters<typeof containerSecurity>[2] }) {
  try {
    const env = containerEnv({ pod, container, references: node.references.of(pod), services: serviceEnv(pod, node.services()), context: downward });
    const security = containerSecurity(pod, container, found.image, node.paths.seccomp);
    const terminationFile = await makeTerminationFile(node, pod, container);
    const mounts = [...(await node.volumes.containerMounts(pod, container, env)), ...(await managedMounts(node, pod, container, downward, terminationFile))];
    return containerConfig({ pod, container, attempt, imageRef: found.ref, env, mounts, security, terminationFile, memoryCapacityBytes: node.memoryCapacityBytes, owner: node.owner, targetId });
  } catch (error) {
    if (error instanceof UnresolvedError || error instanceof MountError) throw new ObstacleError('CreateContainerConfigError', error.message, retryMs, { cause: error });
    throw new ObstacleError('CreateContainerConfigError', causeChain(error), retryMs, { cause: error });
  }
}

async function create(node: NodeContext, { sandboxId, sandbox, container, events }: StartInput, config: ReturnType<typeof containerConfig>): Promise<string> {
  try {
    await mkdir(`${sandbox.logDirectory}/${segment(container.name)}`, { recursive: true, mode: 0o755 });
    const id = await node.runtime.createContainer(sandboxId, config, sandbox);
    events.normal('Created', 'Container created', container.name);
    return id;
  } catch (error) {
    throw new ObstacleError('CreateContainerError', runtimeText(error), retryMs, { cause: error });
  }
}

async function run(node: NodeContext, { pod, container, events, signal, downward }: StartInput, id: string): Promise<void> {
  try {
    await node.runtime.startContainer(id);
  } catch (error) {
    events.warning('Failed', `Error: ${runtimeText(error)}`, container.name);
    throw new ObstacleError('RunContainerError', runtimeText(error), showFailureMs, { cause: error });
  }
  events.normal('Started', 'Container started', container.name);
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return;
  try {
    await runHook(hook, { runtime: node.runtime, clock: node.clock, pod, container, containerId: id, podIp: downward.podIps[0] ?? '' }, postStartMsMax, signal);
  } catch (error) {
    events.warning('FailedPostStartHook', `PostStartHook failed: ${causeChain(error)}`, container.name);
    await node.runtime.stopContainer(id, pod.spec.terminationGracePeriodSeconds ?? 30);
    throw new ObstacleError('PostStartHookError', causeChain(error), 0, { cause: error });
  }
}

/** A fresh file per instance: what an earlier one wrote must not be taken for this one's message. */
async function makeTerminationFile(node: NodeContext, pod: Pod, container: Container): Promise<string> {
  const directory = `${node.paths.pod(pod.metadata.uid ?? '')}/containers/${segment(container.name)}`;
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const file = `${directory}/${randomSuffix(node.random, 8)}`;
  await writeFile(file, '', { flag: 'wx' });
  await chmod(file, 0o666);
  return file;
}

/** The termination message and /etc/hosts, unless the container mounts something there itself. */
async function managedMounts(node: NodeContext, pod: Pod, container: Container, downward: DownwardContext, terminationFile: string): Promise<Mount[]> {
  const taken = new Set((container.volumeMounts ?? []).map((mount) => mount.mountPath.replace(/\/+$/, '')));
  const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
  const mounts: Mount[] = [];
  if (messagePath !== '' && !taken.has(messagePath)) mounts.push({ containerPath: messagePath, hostPath: terminationFile, readonly: false, propagation: 'private' });
  if (taken.has('/etc/hosts')) return mounts;
  const hosts = `${node.paths.pod(pod.metadata.uid ?? '')}/etc-hosts`;
  await writeFile(hosts, hostsFile(pod, downward.podIps, node.clusterDns.domain, node.hostHostsFile()), { mode: 0o644 });
  mounts.push({ containerPath: '/etc/hosts', hostPath: hosts, readonly: container.securityContext?.readOnlyRootFilesystem === true, propagation: 'private' });
  return mounts;
}
