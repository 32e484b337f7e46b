import { resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { causeChain, type Timer } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import { startInformer, type RunningInformer } from '@rhythm/controller';
import type { Container, Sandbox } from '@rhythm/cri';
import { refusal } from '../node/admission.ts';
import { nodeArchitecture } from '../node/node-facts.ts';
import { nodeLabels } from '../node/node-status.ts';
import type { NodeContext } from './node-context.ts';
import { runtimeAnnotations, runtimeLabels } from '../observed/labels.ts';
import { removeLeftovers } from './leftovers.ts';
import { PodWorker } from './pod-worker.ts';

export interface PodManagerOptions {
  readonly node: NodeContext;
  readonly client: ApiClient;
  readonly nodeName: string;
}

/** A look at everything without a cause; events make the rest unnecessary. */
const relistMs = 60_000;
const relistSoonMs = 100;
/** Nobody tells when a subscription to events stands: what happens just before is found by looks at growing distances. */
const relistFirstMs = 1_000;
const relistFactor = 4;
const eventRetryMs = 1_000;

/** One worker per pod of this node, whether the API or only the runtime knows it. */
export class PodManager {
  readonly #options: PodManagerOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #abort = new AbortController();
  #informer: RunningInformer<Pod> | undefined;
  #relistTimer: Timer | undefined;
  #nextRelistMs = relistFirstMs;
  #events: Promise<void> | undefined;

  constructor(options: PodManagerOptions) {
    this.#options = options;
  }

  /** Adopts what runs and follows the API. No pod is touched before `prerequisites` and the first list of pods are in. */
  async start(prerequisites: Promise<void>): Promise<void> {
    const { node, client, nodeName } = this.#options;
    const { clock, log, random } = node;
    this.#informer = startInformer(client, resources.pods, { fieldSelector: `spec.nodeName=${nodeName}`, clock, log, random });
    await Promise.all([prerequisites, this.#informer.synced()]);
    if (this.#abort.signal.aborted) return;
    const present = await this.#present();
    this.#informer.addHandler({
      onAdd: (pod) => this.#add(pod, present),
      onUpdate: (old, pod) => {
        if (old.metadata.uid !== pod.metadata.uid) this.#remove(old);
        this.#add(pod, undefined);
      },
      onDelete: (pod) => this.#remove(pod),
    });
    this.#events = this.#follow();
    await this.#relist();
    await removeLeftovers(node, (uid) => this.#workers.has(uid));
  }

  get workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** The worker of the pod that the API calls so. */
  find(namespace: string, name: string): PodWorker | undefined {
    return this.workers.find((worker) => worker.pod.metadata.name === name && worker.pod.metadata.namespace === namespace && this.#informer?.get(`${namespace}/${name}`)?.metadata.uid === worker.uid);
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the kubelet stops'));
    this.#relistTimer?.cancel();
    await Promise.all([this.#informer?.stop(), ...this.workers.map((worker) => worker.stop()), this.#events]);
  }

  #add(pod: Pod, present: ReadonlySet<string> | undefined): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    const adopted = present?.has(uid) === true;
    const over = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
    const failure = adopted || over ? undefined : this.#refusal(pod);
    if (failure !== undefined) this.#options.node.recorder.event({ ...pod, kind: 'Pod', apiVersion: 'v1' }, 'Warning', failure.reason, failure.message);
    this.#work(pod, false, failure);
  }

  #refusal(pod: Pod): ReturnType<typeof refusal> {
    const others = this.workers.filter((worker) => !worker.isOver).map((worker) => worker.pod);
    return refusal({ pod, others, allocatable: this.#options.node.allocatable(), labels: nodeLabels(this.#options.nodeName, nodeArchitecture) });
  }

  #remove(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (worker?.isFinished === true) this.#workers.delete(uid);
    else worker?.deleted(pod);
  }

  #work(pod: Pod, orphan: boolean, failure?: { readonly reason: string; readonly message: string }): void {
    const { node, client } = this.#options;
    // A finished pod may stay in the API for its finalizers: its worker stays too, so that it is not begun again.
    const onFinished = (uid: string): void => {
      if (orphan || !this.#isListed(pod)) this.#workers.delete(uid);
    };
    const worker = new PodWorker({ node, client, pod, orphan, ...(failure === undefined ? {} : { failure }), onFinished });
    this.#workers.set(worker.uid, worker);
  }

  /** The pods that the runtime holds. Tried until the runtime answers: a pod that runs must not be refused or started twice. */
  async #present(): Promise<ReadonlySet<string>> {
    const { node } = this.#options;
    for (;;) {
      try {
        const { sandboxes } = await node.observer.listAll();
        return new Set(sandboxes.map((sandbox) => sandbox.uid));
      } catch (error) {
        this.#abort.signal.throwIfAborted();
        node.log.warn('runtime not listed', { error: causeChain(error) });
        await node.clock.sleep(eventRetryMs, this.#abort.signal);
      }
    }
  }

  /** Pokes the pod that a runtime event is about. */
  async #follow(): Promise<void> {
    const { node } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        for await (const event of node.runtime.events(signal)) this.#onEvent(event.id);
      } catch (error) {
        if (!signal.aborted) node.log.warn('runtime events broke', { error: causeChain(error) });
      }
      await node.clock.sleep(eventRetryMs, signal).catch(() => undefined);
      this.#nextRelistMs = relistFirstMs;
      this.#relistSoon(0);
    }
  }

  #onEvent(id: string | undefined): void {
    const worker = this.workers.find(({ observed }) => observed.containers.some((container) => container.id === id) || observed.sandboxes.some((sandbox) => sandbox.id === id));
    if (worker === undefined) this.#relistSoon(relistSoonMs);
    else worker.poke();
  }

  #relistSoon(delayMs: number): void {
    if (this.#abort.signal.aborted) return;
    this.#relistTimer?.cancel();
    this.#relistTimer = this.#options.node.clock.setTimer(delayMs, () => void this.#relist());
  }

  /** Compares everything the runtime holds with what the workers saw; finds pods that nobody owns. */
  async #relist(): Promise<void> {
    const { node } = this.#options;
    try {
      const { sandboxes, containers } = await node.observer.listAll();
      for (const worker of this.workers) if (differs(worker, sandboxes, containers)) worker.poke();
      for (const sandbox of sandboxes) {
        if (!this.#workers.has(sandbox.uid) && !this.#isKnown(sandbox)) this.#work(orphanPod(sandbox, containers), true);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) node.log.warn('runtime not listed', { error: causeChain(error) });
    }
    this.#relistSoon(this.#nextRelistMs);
    this.#nextRelistMs = Math.min(relistMs, this.#nextRelistMs * relistFactor);
  }

  #isKnown(sandbox: Sandbox): boolean {
    return this.#isListed({ metadata: sandbox });
  }

  #isListed({ metadata }: { readonly metadata: { readonly namespace?: string; readonly name?: string; readonly uid?: string } }): boolean {
    return this.#informer?.get(`${metadata.namespace}/${metadata.name}`)?.metadata.uid === metadata.uid;
  }
}

function differs(worker: PodWorker, sandboxes: readonly Sandbox[], containers: readonly Container[]): boolean {
  const state = (items: readonly { id: string; state?: string; ready?: boolean }[]): string => items.map((item) => `${item.id} ${item.state ?? ''}${item.ready ?? ''}`).toSorted().join();
  const mine = <T extends { labels: Readonly<Record<string, string>> }>(items: readonly T[]): T[] => items.filter((item) => item.labels[runtimeLabels.podUid] === worker.uid);
  return state(mine(sandboxes)) !== state(worker.observed.sandboxes) || state(mine(containers)) !== state(worker.observed.containers);
}

/** A pod made from what the runtime remembers, enough to stop it in the right order and time. */
function orphanPod(sandbox: Sandbox, containers: readonly Container[]): Pod {
  const names = new Set(containers.filter((container) => container.sandboxId === sandbox.id).map((container) => container.name));
  return {
    metadata: { name: sandbox.name, namespace: sandbox.namespace, uid: sandbox.uid },
    spec: {
      containers: [...names].map((name) => ({ name, resources: {} })),
      terminationGracePeriodSeconds: Number(sandbox.annotations[runtimeAnnotations.gracePeriod] ?? 30),
    },
    status: {},
  };
}
