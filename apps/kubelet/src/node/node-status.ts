import { formatTime, type Instant } from '@rhythm/base';
import type { ContainerImage, Node, NodeCondition, NodeStatus } from '@rhythm/api/types/core-v1';
import type { Image, RuntimeCondition } from '@rhythm/cri';
import type { NodeFacts, Pressure } from './node-facts.ts';

export interface NodeStatusInput {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly port: number;
  readonly facts: NodeFacts;
  readonly pressure: Pressure;
  readonly runtime: { readonly runtime: RuntimeCondition; readonly network: RuntimeCondition } | undefined;
  readonly images: readonly Image[];
  /** The conditions as published, for transition times. */
  readonly published: readonly NodeCondition[];
  readonly now: Instant;
}

/** Kubernetes' default eviction thresholds. */
const memoryAvailableBytesMin = 100 * 1024 * 1024;
const diskFreeMin = 0.1;
const inodesFreeMin = 0.05;
const pidsFreeMin = 0.05;
/** The largest images that a Node lists. */
const imagesMax = 50;
const namesPerImageMax = 5;

/** The status of this node. Pure. */
export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { facts } = input;
  return {
    capacity: { ...facts.capacity },
    allocatable: { ...facts.allocatable },
    addresses: [...input.nodeIps.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: input.nodeName }],
    daemonEndpoints: { kubeletEndpoint: { Port: input.port } },
    nodeInfo: facts.info,
    images: imageList(input.images),
    conditions: nodeConditions(input),
  };
}

function nodeConditions({ pressure, runtime, published, now }: NodeStatusInput): NodeCondition[] {
  const { memoryAvailableBytes, diskFree, inodesFree, pidsFree } = pressure;
  const drafts = [
    problem('MemoryPressure', memoryAvailableBytes < memoryAvailableBytesMin, 'KubeletHasInsufficientMemory', 'KubeletHasSufficientMemory', 'kubelet has insufficient memory available', 'kubelet has sufficient memory available'),
    problem('DiskPressure', diskFree < diskFreeMin || inodesFree < inodesFreeMin, 'KubeletHasDiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has disk pressure', 'kubelet has no disk pressure'),
    problem('PIDPressure', pidsFree < pidsFreeMin, 'KubeletHasInsufficientPID', 'KubeletHasSufficientPID', 'kubelet has insufficient PID available', 'kubelet has sufficient PID available'),
    readyCondition(runtime),
  ];
  const time = formatTime(now);
  return drafts.map((draft) => {
    const before = published.find((condition) => condition.type === draft.type);
    return { ...draft, lastHeartbeatTime: time, lastTransitionTime: before?.status === draft.status ? (before.lastTransitionTime ?? time) : time };
  });
}

type Draft = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

function problem(type: string, present: boolean, badReason: string, goodReason: string, badMessage: string, goodMessage: string): Draft {
  return { type, status: present ? 'True' : 'False', reason: present ? badReason : goodReason, message: present ? badMessage : goodMessage };
}

function readyCondition(runtime: NodeStatusInput['runtime']): Draft {
  const complaints: string[] = [];
  if (runtime === undefined) complaints.push('container runtime is down');
  else {
    if (!runtime.runtime.ready) complaints.push(`container runtime not ready: ${runtime.runtime.reason} ${runtime.runtime.message}`);
    if (!runtime.network.ready) complaints.push(`container runtime network not ready: NetworkReady=false reason:${runtime.network.reason} message:${runtime.network.message}`);
  }
  if (complaints.length === 0) return { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  return { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: `[${complaints.join(', ')}]` };
}

function imageList(images: readonly Image[]): ContainerImage[] {
  return images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, imagesMax)
    .map((image) => ({ names: [...image.digests, ...image.tags].slice(0, namesPerImageMax), sizeBytes: image.sizeBytes }));
}

/** A status without its heartbeats, to tell whether anything changed. */
export function withoutHeartbeats(status: NodeStatus): string {
  return JSON.stringify({ ...status, conditions: status.conditions?.map(({ lastHeartbeatTime: _time, ...rest }) => rest) });
}

/** The labels by which pods choose nodes. */
export function nodeLabels(nodeName: string, architecture: string): Record<string, string> {
  return {
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': architecture,
  };
}

/** The object a kubelet registers. */
export function newNode(nodeName: string, podCidr: string | undefined, labels: Record<string, string>, status: NodeStatus): Node {
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: nodeName, labels, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
    spec: podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] },
    status,
  };
}
