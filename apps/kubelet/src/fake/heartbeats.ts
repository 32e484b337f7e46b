import { hasReason, resources } from '@rhythm/api';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import type { Node, NodeStatus } from '@rhythm/api/types/core-v1';
import { causeChain, formatMicroTime, type Clock, type Instant, type Log } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { RunningInformer } from '@rhythm/controller';
import { nodeArchitecture, type NodeFacts, type Pressure } from '../node/node-facts.ts';
import { newNode, nodeLabels, nodeStatus } from '../node/node-status.ts';
import type { FakeNode } from './node-range.ts';

export interface HeartbeatOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly nodes: readonly FakeNode[];
  readonly nodeIps: readonly string[];
  readonly facts: NodeFacts;
  /** All Nodes of the cluster. */
  readonly informer: RunningInformer<Node>;
  port(): number;
}

/** Every node's turn comes once in this time, one part of the nodes at each tick: writes are spread evenly. */
const periodMs = 20_000;
const tickMs = 1_000;
const ticks = periodMs / tickMs;
const leaseSeconds = 40;
const statusMsMax = 5 * 60_000;
const leaseNamespace = 'kube-node-lease';
/** Nothing on a fake node runs out. */
const noPressure: Pressure = { memoryAvailableBytes: Number.MAX_SAFE_INTEGER, diskFree: 1, inodesFree: 1, pidsFree: 1 };
const healthy = { runtime: { ready: true, reason: '', message: '' }, network: { ready: true, reason: '', message: '' } };

/** Registers fake nodes, renews their Leases and keeps their status: one loop and one watch for all of them. */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #abort = new AbortController();
  readonly #leases = new Map<string, Lease>();
  readonly #publishedAt = new Map<string, Instant>();
  readonly #registered = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves once the API has every Node. */
  registered(): Promise<void> {
    return this.#registered.promise;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the kubelet stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, informer, nodes } = this.#options;
    const { signal } = this.#abort;
    await informer.synced();
    await this.#registerAll();
    if (signal.aborted) return;
    this.#registered.resolve();
    for (let tick = 0; ; tick++) {
      await clock.sleep(tickMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await Promise.all(nodes.filter((_, index) => index % ticks === tick % ticks).map((node) => this.#beat(node)));
    }
  }

  async #registerAll(): Promise<void> {
    const { clock, nodes } = this.#options;
    const { signal } = this.#abort;
    for (let left = nodes; left.length > 0 && !signal.aborted; ) {
      const done = await Promise.all(left.map((node) => this.#beat(node)));
      left = left.filter((_, index) => done[index] !== true);
      if (left.length > 0) await clock.sleep(tickMs, signal).catch(() => undefined);
    }
  }

  /** One node's turn; false when something could not be written, which its next turn makes good. */
  async #beat(fake: FakeNode): Promise<boolean> {
    try {
      const node = this.#options.informer.get(fake.name) ?? (await this.#register(fake));
      await Promise.all([this.#renewLease(fake, node), this.#publish(fake, node)]);
      return true;
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#options.log.warn('fake node not published', { node: fake.name, error: causeChain(error) });
      return false;
    }
  }

  async #register(fake: FakeNode): Promise<Node> {
    const { client, clock } = this.#options;
    const labels = nodeLabels(fake.name, nodeArchitecture);
    try {
      const node = await client.create(resources.nodes, '', newNode(fake.name, fake.podCidr, labels, this.#status(fake, undefined)));
      this.#publishedAt.set(fake.name, clock.now());
      return node;
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      return client.get(resources.nodes, '', fake.name);
    }
  }

  #status(fake: FakeNode, node: Node | undefined): NodeStatus {
    const { nodeIps, facts, clock } = this.#options;
    return nodeStatus({ nodeName: fake.name, nodeIps, port: this.#options.port(), facts, pressure: noPressure, runtime: healthy, images: [], published: node?.status.conditions ?? [], now: clock.now() });
  }

  /** On change, which is when somebody marked the node or we were started otherwise, and as a sign of life now and then. */
  async #publish(fake: FakeNode, node: Node): Promise<void> {
    const { client, clock } = this.#options;
    const status = this.#status(fake, node);
    const at = this.#publishedAt.get(fake.name);
    if (at !== undefined && clock.now() - at < statusMsMax && sameConditions(node.status, status)) return;
    await client.patch(resources.nodes, '', fake.name, 'strategic', { status }, { subresource: 'status', fieldManager: 'kubelet' });
    this.#publishedAt.set(fake.name, clock.now());
  }

  async #renewLease(fake: FakeNode, node: Node): Promise<void> {
    const { client, clock } = this.#options;
    const spec = { holderIdentity: fake.name, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(clock.now()) };
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: fake.name, uid: node.metadata.uid ?? '' }];
    const known = this.#leases.get(fake.name);
    try {
      const lease =
        known === undefined
          ? await client.create(resources.leases, leaseNamespace, { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: fake.name, namespace: leaseNamespace, ownerReferences }, spec })
          : await client.update(resources.leases, { ...known, spec: { ...known.spec, ...spec } });
      this.#leases.set(fake.name, lease);
    } catch (error) {
      // Somebody else's version, from before a restart or with a Node that was made anew: ours from here on.
      this.#leases.delete(fake.name);
      if (!hasReason(error, 'AlreadyExists') && !hasReason(error, 'Conflict')) throw error;
      const found = await client.get(resources.leases, leaseNamespace, fake.name);
      this.#leases.set(fake.name, await client.update(resources.leases, { ...found, metadata: { ...found.metadata, ownerReferences }, spec: { ...found.spec, ...spec } }));
    }
  }
}

function sameConditions(published: NodeStatus, ours: NodeStatus): boolean {
  return (ours.conditions ?? []).every(({ type, status }) => published.conditions?.find((other) => other.type === type)?.status === status);
}
