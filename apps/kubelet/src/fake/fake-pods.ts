import { hasReason, resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { causeChain, type Clock, type Log, type Random, type Timer } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { RunningInformer } from '@rhythm/controller';
import { refusal } from '../node/admission.ts';
import { nodeArchitecture, type NodeFacts } from '../node/node-facts.ts';
import { nodeLabels } from '../node/node-status.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { advanceFakePod, newFakePod, type FakePod } from './fake-pod.ts';
import type { FakeNode } from './node-range.ts';

export interface FakePodsOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly nodes: readonly FakeNode[];
  readonly nodeIps: readonly string[];
  readonly facts: NodeFacts;
  /** Every pod that has a node. */
  readonly informer: RunningInformer<Pod>;
}

interface Entry {
  readonly fake: FakePod;
  readonly node: FakeNode;
  pod: Pod;
  timer: Timer | undefined;
  /** Its last status and its deletion are on their way. */
  finishing: boolean;
}

const retryMs = 2_000;

/** Runs the pods of all fake nodes: each event of the one watch is one run of the planner and at most one write. */
export class FakePods {
  readonly #options: FakePodsOptions;
  readonly #nodes: ReadonlyMap<string, FakeNode>;
  readonly #statuses: StatusWriter;
  readonly #entries = new Map<string, Entry>();
  /** By node: its pods. */
  readonly #onNode = new Map<string, Set<Entry>>();
  readonly #abort = new AbortController();

  constructor(options: FakePodsOptions) {
    this.#options = options;
    this.#nodes = new Map(options.nodes.map((node) => [node.name, node]));
    this.#statuses = new StatusWriter(options.client, options);
  }

  /** Takes over what runs, then follows the watch. */
  async start(): Promise<void> {
    const { informer } = this.#options;
    await informer.synced();
    if (this.#abort.signal.aborted) return;
    informer.addHandler({
      onAdd: (pod) => this.#see(pod),
      onUpdate: (_old, pod) => this.#see(pod),
      onDelete: (pod) => this.#remove(pod.metadata.uid ?? ''),
    });
  }

  /** Pods that are on a fake node now. */
  get count(): number {
    return this.#entries.size;
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the kubelet stops'));
    for (const entry of this.#entries.values()) entry.timer?.cancel();
    await this.#statuses.stop();
  }

  #see(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const entry = this.#entries.get(uid) ?? this.#admit(pod);
    if (entry === undefined) return;
    entry.pod = pod;
    this.#advance(entry);
  }

  #admit(pod: Pod): Entry | undefined {
    const node = this.#nodes.get(pod.spec.nodeName ?? '');
    if (node === undefined) return undefined;
    const { clock, facts } = this.#options;
    const fake = newFakePod(pod, clock.now());
    const entry: Entry = { fake, node, pod, timer: undefined, finishing: false };
    const others = this.#onNode.get(node.name) ?? new Set();
    const runs = fake.observed.containers.length > 0 || isOver(pod) || pod.metadata.deletionTimestamp !== undefined;
    if (!runs) {
      const running = [...others].map((other) => other.pod).filter((other) => !isOver(other));
      fake.state.failure = refusal({ pod, others: running, allocatable: facts.allocatable, labels: nodeLabels(node.name, nodeArchitecture) });
    }
    if (fake.observed.sandboxes.some(({ ready }) => ready) && pod.spec.hostNetwork !== true) node.addresses.take(pod.metadata.uid ?? '', pod.status.podIP);
    this.#entries.set(pod.metadata.uid ?? '', entry);
    this.#onNode.set(node.name, others.add(entry));
    return entry;
  }

  #advance(entry: Entry): void {
    const { clock, log, nodeIps } = this.#options;
    const { pod, node, fake } = entry;
    const uid = pod.metadata.uid ?? '';
    if (entry.finishing || this.#abort.signal.aborted) return;
    entry.timer?.cancel();
    entry.timer = undefined;
    try {
      const now = clock.now();
      const { status, finished, wakeAt } = advanceFakePod(fake, { pod, published: this.#statuses.latest(uid), hostIps: nodeIps, ip: () => node.addresses.take(uid), now });
      this.#statuses.set(pod, status);
      if (finished) void this.#finish(entry);
      else if (wakeAt !== undefined) entry.timer = clock.setTimer(Math.max(0, wakeAt - now), () => this.#advance(entry));
    } catch (error) {
      log.error('fake pod not advanced', { pod: pod.metadata.name, namespace: pod.metadata.namespace, error: causeChain(error) });
    }
  }

  /** The last status, then the object goes; its event forgets the pod. */
  async #finish(entry: Entry): Promise<void> {
    const { client, clock, log } = this.#options;
    const { uid = '', namespace = '', name = '' } = entry.pod.metadata;
    const { signal } = this.#abort;
    entry.finishing = true;
    await this.#statuses.flush(uid);
    while (!signal.aborted && this.#entries.get(uid) === entry) {
      try {
        await client.delete(resources.pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
        return;
      } catch (error) {
        if (signal.aborted || hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) return;
        log.warn('fake pod not deleted', { pod: name, namespace, error: causeChain(error) });
        await clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
  }

  #remove(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.timer?.cancel();
    this.#entries.delete(uid);
    this.#onNode.get(entry.node.name)?.delete(entry);
    this.#statuses.forget(uid);
    entry.node.addresses.release(uid);
  }
}

const isOver = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
