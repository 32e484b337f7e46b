import { hasReason, resources } from '@rhythm/api';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import type { Node, NodeCondition, NodeStatus } from '@rhythm/api/types/core-v1';
import { causeChain, formatMicroTime, type Clock, type Instant, type Log } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { EventRecorder } from '@rhythm/controller';
import type { Runtime } from '@rhythm/cri';
import { nodeArchitecture, type NodeFacts, type Pressure } from './node-facts.ts';
import { conditionNews, schedulableNews, type NodeNews } from './node-events.ts';
import { newNode, nodeLabels, nodeStatus, withoutHeartbeats } from './node-status.ts';
import { RuntimeHealth } from './runtime-health.ts';

export interface NodeAgentOptions {
  readonly client: ApiClient;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly recorder: EventRecorder;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly podCidr?: string;
  readonly facts: NodeFacts;
  /** What the machine is short of, now. */
  pressure(): Pressure;
  port(): number;
}

const periodMs = 10_000;
const leaseSeconds = 40;
const statusMsMax = 5 * 60_000;
const registerRetryMs = 1_000;
const leaseNamespace = 'kube-node-lease';

/** Registers the Node, renews its Lease, and publishes its status on change and every five minutes. */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly #health: RuntimeHealth;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #node: Node | undefined;
  #lease: Lease | undefined;
  #published = '';
  #publishedAt: Instant = 0;
  #registered = Promise.withResolvers<void>();

  constructor(options: NodeAgentOptions) {
    this.#options = options;
    this.#health = new RuntimeHealth(options.runtime, options.clock);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves once the API has the Node. */
  registered(): Promise<void> {
    return this.#registered.promise;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the kubelet stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      let waitMs = periodMs;
      try {
        if (this.#node === undefined) await this.#register();
        await Promise.all([this.#renewLease(), this.#publish()]);
      } catch (error) {
        if (signal.aborted) return;
        log.warn('node not published', { error: causeChain(error) });
        if (this.#node === undefined) waitMs = registerRetryMs;
      }
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  async #register(): Promise<void> {
    const { client, nodeName, podCidr } = this.#options;
    const labels = nodeLabels(nodeName, nodeArchitecture);
    const status = await this.#status();
    let before: readonly NodeCondition[] = [];
    try {
      this.#node = await client.create(resources.nodes, '', newNode(nodeName, podCidr, labels, status));
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const found = await client.get(resources.nodes, '', nodeName);
      before = found.status.conditions ?? [];
      const cidr = podCidr !== undefined && found.spec.podCIDR === undefined ? { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } } : {};
      this.#node = await client.patch(resources.nodes, '', nodeName, 'strategic', { metadata: { labels }, ...cidr });
    }
    this.#tell([{ reason: 'Starting', message: 'Starting kubelet.' }, ...conditionNews(nodeName, before, status.conditions ?? [])]);
    this.#registered.resolve();
  }

  async #status(): Promise<NodeStatus> {
    const { clock, nodeName, nodeIps, facts } = this.#options;
    const [runtimeStatus, images] = await Promise.all([this.#health.status(), this.#health.images()]);
    return nodeStatus({
      nodeName,
      nodeIps,
      port: this.#options.port(),
      facts,
      pressure: this.#options.pressure(),
      runtime: runtimeStatus,
      images,
      published: this.#node?.status.conditions ?? [],
      now: clock.now(),
    });
  }

  /** Events about the node, under its name for a uid: so kubelets write them, and so `kubectl describe node` looks for them. */
  #tell(news: readonly NodeNews[]): void {
    const { recorder, nodeName } = this.#options;
    for (const { reason, message } of news) recorder.event({ kind: 'Node', apiVersion: 'v1', metadata: { name: nodeName, uid: nodeName } }, 'Normal', reason, message);
  }

  /** Keeps the Node as the API has it now, and tells what became of it. */
  #keep(node: Node): void {
    const { nodeName } = this.#options;
    if (this.#node !== undefined) this.#tell([...conditionNews(nodeName, this.#node.status.conditions ?? [], node.status.conditions ?? []), ...schedulableNews(nodeName, this.#node, node)]);
    this.#node = node;
  }

  async #publish(): Promise<void> {
    const { client, clock, nodeName } = this.#options;
    const status = await this.#status();
    const text = withoutHeartbeats(status);
    try {
      if (text === this.#published && clock.now() - this.#publishedAt < statusMsMax && !(await this.#isOverwritten(status))) return;
      const node = await client.patch(resources.nodes, '', nodeName, 'strategic', { status }, { subresource: 'status', fieldManager: 'kubelet' });
      this.#keep(node);
    } catch (error) {
      // Somebody removed the Node while its kubelet runs: it comes back.
      if (hasReason(error, 'NotFound')) this.#node = undefined;
      throw error;
    }
    this.#published = text;
    this.#publishedAt = clock.now();
  }

  /** The node lifecycle controller marks a silent node; once it is back its own word counts again. */
  async #isOverwritten(status: NodeStatus): Promise<boolean> {
    const { client, nodeName } = this.#options;
    const found = await client.get(resources.nodes, '', nodeName);
    if (this.#node !== undefined) this.#tell(schedulableNews(nodeName, this.#node, found));
    this.#node = found;
    return (status.conditions ?? []).some((condition) => found.status.conditions?.find((other) => other.type === condition.type)?.status !== condition.status);
  }

  async #renewLease(): Promise<void> {
    const { client, clock, nodeName } = this.#options;
    const renewTime = formatMicroTime(clock.now());
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime };
    try {
      if (this.#lease !== undefined) {
        this.#lease = await client.update(resources.leases, { ...this.#lease, spec: { ...this.#lease.spec, ...spec } });
        return;
      }
      this.#lease = await client.create(resources.leases, leaseNamespace, {
        kind: 'Lease',
        apiVersion: 'coordination.k8s.io/v1',
        metadata: {
          name: nodeName,
          namespace: leaseNamespace,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: this.#node?.metadata.uid ?? '' }],
        },
        spec,
      });
    } catch (error) {
      if (hasReason(error, 'AlreadyExists') || hasReason(error, 'Conflict')) {
        const found = await client.get(resources.leases, leaseNamespace, nodeName);
        this.#lease = await client.update(resources.leases, { ...found, spec: { ...found.spec, ...spec } });
      } else {
        if (hasReason(error, 'NotFound')) this.#lease = undefined;
        throw error;
      }
    }
  }
}
