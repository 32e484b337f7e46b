import { rm } from 'node:fs/promises';
import { hasReason, resources } from '@rhythm/api';
import type { Pod, PodStatus } from '@rhythm/api/types/core-v1';
import { causeChain, type Instant, type Timer } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { NodeContext } from './node-context.ts';
import { podCgroup } from '../spec/sandbox-config.ts';
import { podStatus } from '../status/pod-status.ts';
import { withOwnStatus } from '../status/status-patch.ts';
import { noEvents, podEvents, type PodEvents } from '../observed/events.ts';
import { downwardContext, executePlan } from './execute.ts';
import { nothingObserved, type ObservedPod } from '../observed/observed.ts';
import { planPod } from './plan.ts';
import { PodState } from './pod-state.ts';
import { tellBackOffs } from './restart-events.ts';

export interface PodWorkerOptions {
  readonly node: NodeContext;
  readonly client: ApiClient;
  readonly pod: Pod;
  /** The API does not know the pod: it is stopped and cleaned up, nothing is reported. */
  readonly orphan: boolean;
  /** Refused by admission. */
  readonly failure?: { readonly reason: string; readonly message: string };
  /** Everything of the pod is gone. */
  onFinished(uid: string): void;
}

/** Rounds of planning in a row without a pause: more means that a plan does not take effect. */
const roundsMax = 50;
const retryMs = 2_000;
/** A look without a cause, should an event have been lost. */
const lookMs = 120_000;

/** Drives one pod: observe, plan, report, execute, until nothing is left to do; then waits for a cause. */
export class PodWorker {
  readonly uid: string;
  readonly state: PodState;
  observed: ObservedPod = nothingObserved;
  readonly #options: PodWorkerOptions;
  #pod: Pod;
  #orphan: boolean;
  #finished = false;
  #stopped = false;
  #poked = false;
  #refresh = false;
  #wake: (() => void) | undefined;
  #sync = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: PodWorkerOptions) {
    this.#options = options;
    this.#pod = options.pod;
    this.#orphan = options.orphan;
    this.uid = options.pod.metadata.uid ?? '';
    this.state = new PodState(options.node.clock.now());
    this.state.failure = options.failure;
    this.#noteTermination();
    this.#running = this.#run();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The pod does not run any more, and never will again. */
  get isOver(): boolean {
    const phase = this.#options.node.statuses.latest(this.uid)?.phase ?? this.#pod.status.phase;
    return this.#finished || phase === 'Succeeded' || phase === 'Failed';
  }

  /** The status as it is being published. */
  shownStatus(): PodStatus | undefined {
    return this.#options.node.statuses.latest(this.uid);
  }

  /** Nothing of the pod is left on this node. */
  get isFinished(): boolean {
    return this.#finished;
  }

  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (JSON.stringify([before.metadata.labels, before.metadata.annotations]) !== JSON.stringify([pod.metadata.labels, pod.metadata.annotations])) this.#refresh = true;
    this.#noteTermination();
    this.poke();
  }

  /** The object is gone from the API. */
  deleted(last: Pod): void {
    this.#orphan = true;
    this.#pod = last;
    this.#noteTermination();
    this.poke();
  }

  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  /** Ends the worker; containers go on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sync.abort(new Error('the kubelet stops'));
    this.poke();
    await this.#running;
  }

  /** A pod that must end interrupts what its worker is at: pulls, starts, and kills with a longer grace. */
  #noteTermination(): void {
    const marked = this.#pod.metadata.deletionTimestamp !== undefined;
    if (!marked && !this.#orphan) return;
    const spec = this.#pod.spec.terminationGracePeriodSeconds ?? 30;
    const graceSeconds = Math.max(1, this.#pod.metadata.deletionGracePeriodSeconds ?? spec);
    const before = this.state.termination;
    if (before !== undefined && before.graceSeconds <= graceSeconds) return;
    this.state.termination = { since: before?.since ?? this.#options.node.clock.now(), graceSeconds };
    this.#sync.abort(new Error('the pod must end'));
  }

  async #run(): Promise<void> {
    while (!this.#stopped && !this.#finished) {
      this.#poked = false;
      this.#sync = new AbortController();
      let wakeAt: Instant | undefined;
      try {
        wakeAt = await this.#reconcile(this.#sync.signal);
      } catch (error) {
        if (!this.#sync.signal.aborted) {
          this.#options.node.log.warn('pod not reconciled', { pod: this.#pod.metadata.name, namespace: this.#pod.metadata.namespace, error: causeChain(error) });
          wakeAt = this.#options.node.clock.now() + retryMs;
        } else this.#poked = true;
      }
      if (!this.#poked && !this.#stopped && !this.#finished) await this.#pause(wakeAt);
    }
  }

  async #pause(wakeAt: Instant | undefined): Promise<void> {
    const { clock } = this.#options.node;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = clock.setTimer(Math.min(lookMs, wakeAt === undefined ? lookMs : wakeAt - clock.now()), resolve);
    });
    this.#wake = undefined;
    timer?.cancel();
  }

  async #reconcile(signal: AbortSignal): Promise<Instant | undefined> {
    const { node } = this.#options;
    if (this.#refresh && this.state.mounted) {
      this.#refresh = false;
      this.state.mounted = false;
      await this.#refreshVolumes();
    }
    for (let round = 0; round < roundsMax; round++) {
      signal.throwIfAborted();
      this.observed = await node.observer.observe(this.uid);
      const events = this.#events();
      this.#probe(events);
      const pod = withOwnStatus(this.#pod, this.#orphan ? undefined : node.statuses.latest(this.uid));
      const deleted = this.#orphan || this.#pod.metadata.deletionTimestamp !== undefined;
      const plan = planPod({ pod, deleted, observed: this.observed, memory: this.state, now: node.clock.now() });
      if (plan.failure !== undefined) {
        this.state.failure = plan.failure;
        events.normal(plan.failure.reason, plan.failure.message);
        continue;
      }
      if (!this.#orphan) {
        const status = podStatus({ pod, observed: this.observed, memory: this.state, now: node.clock.now(), hostIps: node.hostIps });
        node.statuses.set(this.#pod, status);
        tellBackOffs(pod, status, this.state.backOffsTold, events);
      }
      if (plan.actions.length === 0) return this.#nextLook(plan.wakeAt);
      await executePlan(node, { pod, observed: this.observed, state: this.state, events, signal, onReferenceChange: () => this.#onReferenceChange(), finish: () => this.#finish() }, plan.actions);
      if (this.#finished) return undefined;
    }
    throw new Error(`${roundsMax} plans in a row did not take effect`);
  }

  #nextLook(wakeAt: Instant | undefined): Instant | undefined {
    const refreshAt = this.#options.node.volumes.refreshAt(this.uid);
    if (refreshAt === undefined || this.isOver) return wakeAt;
    if (refreshAt <= this.#options.node.clock.now()) this.#refresh = true;
    return wakeAt === undefined ? refreshAt : Math.min(wakeAt, refreshAt);
  }

  #probe(events: PodEvents): void {
    const { node } = this.#options;
    const podIp = downwardContext(node, this.observed, this.#pod).podIps[0] ?? '';
    if (this.state.termination !== undefined) {
      node.probes.release(this.uid);
      return;
    }
    node.probes.reconcile({
      pod: this.#pod,
      observed: this.observed,
      podIp,
      events,
      results: (id) => this.state.probes.get(id),
      report: (id, results) => {
        this.state.probes.set(id, results);
        this.poke();
      },
    });
  }

  /** What a container or volume waited for may be there now. */
  #onReferenceChange(): void {
    this.#refresh = true;
    this.state.volumeObstacle = undefined;
    for (const [name, obstacle] of this.state.obstacles) if (obstacle.reason === 'CreateContainerConfigError') this.state.obstacles.set(name, { ...obstacle, retryAt: 0 });
    this.poke();
  }

  /** Shows new contents in volumes that are in use. What fails stays as it was, and is tried again with the next change or look. */
  async #refreshVolumes(): Promise<void> {
    const { node } = this.#options;
    try {
      await node.volumes.mount(this.#pod, downwardContext(node, this.observed, this.#pod));
    } catch (error) {
      this.#events().warning('FailedMount', causeChain(error));
    }
    this.state.mounted = true;
  }

  /** Everything has stopped: the last status, then nothing is left on the node, then the object goes. */
  async #finish(): Promise<void> {
    const { node, client } = this.#options;
    node.probes.release(this.uid);
    if (!this.#orphan) await node.statuses.flush(this.uid);
    for (const sandbox of this.observed.sandboxes) await node.runtime.removeSandbox(sandbox.id);
    await node.volumes.cleanUp(this.uid);
    await node.cgroups.remove(podCgroup(node.cgroupRoot, this.uid));
    await rm(node.paths.podLogs(this.#pod.metadata), { recursive: true, force: true });
    if (!this.#orphan) await this.#deleteObject(client);
    node.statuses.forget(this.uid);
    node.images.forget(this.uid);
    this.#finished = true;
    this.#options.onFinished(this.uid);
  }

  async #deleteObject(client: ApiClient): Promise<void> {
    const { namespace = '', name = '' } = this.#pod.metadata;
    try {
      await client.delete(resources.pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid: this.uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  }

  #events(): PodEvents {
    return this.#orphan ? noEvents : podEvents(this.#options.node.recorder, this.#pod);
  }
}
