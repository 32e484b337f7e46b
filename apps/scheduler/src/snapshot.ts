import type { Node, Pod } from '@rhythm/api/types/core-v1';
import { addTo, amountsOf, nonZeroRequests, podRequests, type Amounts } from './resources.ts';

/** A host port in use: `hostIP` is '0.0.0.0' for all addresses. */
export interface HostPort {
  readonly hostIP: string;
  readonly protocol: string;
  readonly port: number;
}

/** One node and what is on it, bound or assumed. */
export class NodeInfo {
  node: Node;
  allocatable: Amounts;
  readonly requested = new Map<string, number>();
  readonly pods = new Map<string, Pod>();
  nonZeroCpuMilli = 0;
  nonZeroMemoryBytes = 0;

  constructor(node: Node) {
    this.node = node;
    this.allocatable = amountsOf(node.status.allocatable);
  }

  get name(): string {
    return this.node.metadata.name ?? '';
  }

  update(node: Node): void {
    this.node = node;
    this.allocatable = amountsOf(node.status.allocatable);
  }

  add(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    if (this.pods.has(uid)) this.remove(uid);
    this.pods.set(uid, pod);
    this.#count(pod, 1);
  }

  remove(uid: string): void {
    const pod = this.pods.get(uid);
    if (pod === undefined) return;
    this.pods.delete(uid);
    this.#count(pod, -1);
  }

  *hostPorts(): Generator<HostPort> {
    for (const pod of this.pods.values()) yield* hostPortsOf(pod);
  }

  #count(pod: Pod, sign: 1 | -1): void {
    addTo(this.requested, podRequests(pod), sign);
    const { cpuMilli, memoryBytes } = nonZeroRequests(pod);
    this.nonZeroCpuMilli += sign * cpuMilli;
    this.nonZeroMemoryBytes += sign * memoryBytes;
  }
}

export function* hostPortsOf(pod: Pod): Generator<HostPort> {
  for (const container of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')]) {
    for (const port of container.ports ?? []) {
      if (port.hostPort === undefined || port.hostPort === 0) continue;
      yield { hostIP: port.hostIP === undefined || port.hostIP === '' ? '0.0.0.0' : port.hostIP, protocol: port.protocol ?? 'TCP', port: port.hostPort };
    }
  }
}

/**
 * All nodes with their pods, kept current from events. A pod that was chosen a node counts there at once (assumed),
 * before the API server has confirmed it, so that the next pod sees the room as taken.
 */
export class Snapshot {
  readonly nodes = new Map<string, NodeInfo>();
  readonly #nodeOfPod = new Map<string, string>();
  /** Pods on nodes that are not known (yet). */
  readonly #waiting = new Map<string, Pod>();

  setNode(node: Node): void {
    const name = node.metadata.name ?? '';
    const info = this.nodes.get(name);
    if (info !== undefined) {
      info.update(node);
      return;
    }
    const fresh = new NodeInfo(node);
    this.nodes.set(name, fresh);
    for (const [uid, pod] of this.#waiting) {
      if (pod.spec.nodeName !== name) continue;
      this.#waiting.delete(uid);
      fresh.add(pod);
    }
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    if (info === undefined) return;
    this.nodes.delete(name);
    for (const [uid, pod] of info.pods) this.#waiting.set(uid, pod);
  }

  /** Puts a pod on the node that its spec names. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const nodeName = pod.spec.nodeName ?? '';
    const before = this.#nodeOfPod.get(uid);
    if (before !== undefined && before !== nodeName) this.removePod(uid);
    this.#nodeOfPod.set(uid, nodeName);
    const info = this.nodes.get(nodeName);
    if (info === undefined) this.#waiting.set(uid, pod);
    else info.add(pod);
  }

  removePod(uid: string): void {
    const nodeName = this.#nodeOfPod.get(uid);
    this.#nodeOfPod.delete(uid);
    this.#waiting.delete(uid);
    if (nodeName !== undefined) this.nodes.get(nodeName)?.remove(uid);
  }
}
