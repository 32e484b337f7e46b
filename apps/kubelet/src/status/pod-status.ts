import { formatTime } from '@rhythm/base';
import type { PodStatus } from '@rhythm/api/types/core-v1';
import { currentSandbox } from '../observed/observed.ts';
import { podOutcome } from '../observed/outcome.ts';
import { podConditions } from './conditions.ts';
import { containerStatus, type StatusInput } from './container-status.ts';
import { podPhase } from './phase.ts';
import { qosClass } from '../observed/qos.ts';

export interface PodStatusInput extends Omit<StatusInput, 'ending'> {
  readonly hostIps: readonly string[];
}

/** The status of a pod as the kubelet publishes it. Pure; fields that others own are taken over from the pod. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, observed, memory } = input;
  const outcome = podOutcome(pod, observed, memory);
  const full: StatusInput = { ...input, ending: outcome !== undefined || memory.termination !== undefined };
  const init = (pod.spec.initContainers ?? []).map((container) => containerStatus(full, container, 'init'));
  const regular = pod.spec.containers.map((container) => containerStatus(full, container, 'regular'));
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((container) => containerStatus(full, { ...container, resources: container.resources ?? {} }, 'ephemeral'));
  const phase = podPhase(pod, outcome, init, regular);
  const sandbox = currentSandbox(observed);
  const ips = podIps(input);
  return {
    ...others(pod.status),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions({ pod, phase, sandboxReady: sandbox !== undefined, init, regular, now: formatTime(input.now) }),
    ...(memory.failure === undefined ? kept(pod.status) : memory.failure),
    ...(input.hostIps[0] === undefined ? {} : { hostIP: input.hostIps[0], hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status.startTime ?? formatTime(memory.startTime),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    ...(memory.failure !== undefined && observed.containers.length === 0 ? {} : { containerStatuses: regular }),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status.qosClass ?? qosClass(pod),
  };
}

/** The addresses of the newest sandbox; they stay published after the pod has ended. */
function podIps({ pod, observed, hostIps }: PodStatusInput): readonly string[] {
  const newest = observed.sandboxes[0];
  if (newest === undefined) return pod.status.podIPs?.map((entry) => entry.ip) ?? [];
  if (pod.spec.hostNetwork === true) return hostIps;
  if (newest.ips.length > 0) return newest.ips;
  return pod.status.podIPs?.map((entry) => entry.ip) ?? [];
}

function kept(status: PodStatus): Pick<PodStatus, 'reason' | 'message'> {
  const final = status.phase === 'Failed' || status.phase === 'Succeeded';
  if (!final) return {};
  return { ...(status.reason === undefined ? {} : { reason: status.reason }), ...(status.message === undefined ? {} : { message: status.message }) };
}

/** What the scheduler and controllers write into the same status. */
function others(status: PodStatus): Partial<PodStatus> {
  const { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus } = status;
  return {
    ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    ...(resourceClaimStatuses === undefined ? {} : { resourceClaimStatuses }),
    ...(extendedResourceClaimStatus === undefined ? {} : { extendedResourceClaimStatus }),
  };
}
