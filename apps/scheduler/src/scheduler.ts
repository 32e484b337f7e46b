import { hasReason, resources } from '@rhythm/api';
import type { Binding, Node, Pod } from '@rhythm/api/types/core-v1';
import { causeChain, formatTime, type Clock, type Log, type Random, type Timer } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { EventRecorder, Informer } from '@rhythm/controller';
import { schedule } from './cycle.ts';
import { SchedulingQueue } from './queue.ts';
import { Snapshot } from './snapshot.ts';

/** Bindings that may be under way at once. */
const bindingsMax = 64;
/** Cycles run in one turn of the event loop before others get a chance. */
const cyclesPerTurnMax = 32;

export interface SchedulerPorts {
  readonly client: ApiClient;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Pods of other schedulers are left alone. */
  readonly schedulerName: string;
}

/** Connects informers, queue, cycle and bindings. Runs until `stop`. */
export class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #queue = new SchedulingQueue();
  readonly #snapshot = new Snapshot();
  #binding = 0;
  #stopped = false;
  #scheduled = false;
  #timer: Timer | undefined;

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#ports.nodes.addHandler({
      onAdd: (node) => this.#nodeChanged(node),
      onUpdate: (_old, node) => this.#nodeChanged(node),
      onDelete: (node) => this.#snapshot.removeNode(node.metadata.name ?? ''),
    });
    this.#ports.pods.addHandler({
      onAdd: (pod) => this.#podChanged(pod),
      onUpdate: (_old, pod) => this.#podChanged(pod),
      onDelete: (pod) => this.#podGone(pod),
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #nodeChanged(node: Node): void {
    this.#snapshot.setNode(node);
    this.#queue.wake(this.#ports.clock.now());
    this.#kick();
  }

  #podChanged(pod: Pod): void {
    const phase = pod.status.phase ?? 'Pending';
    if (phase === 'Succeeded' || phase === 'Failed') {
      this.#podGone(pod);
      return;
    }
    const uid = pod.metadata.uid ?? '';
    if ((pod.spec.nodeName ?? '') !== '') {
      this.#queue.delete(uid);
      this.#snapshot.setPod(pod);
    } else if (this.#isMine(pod)) {
      this.#queue.set(pod);
    } else {
      this.#queue.delete(uid);
    }
    this.#kick();
  }

  #podGone(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    this.#queue.delete(uid);
    this.#snapshot.removePod(uid);
    this.#queue.wake(this.#ports.clock.now());
    this.#kick();
  }

  #isMine(pod: Pod): boolean {
    const gated = (pod.spec.schedulingGates ?? []).length > 0;
    return !gated && pod.metadata.deletionTimestamp === undefined && (pod.spec.schedulerName ?? 'default-scheduler') === this.#ports.schedulerName;
  }

  /** Runs cycles in the next turn of the loop, so that a burst of events is one run. */
  #kick(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#ports.clock.setTimer(0, () => {
      this.#scheduled = false;
      if (!this.#stopped) this.#run();
    });
  }

  #run(): void {
    const next = this.#queue.release(this.#ports.clock.now());
    for (let cycle = 0; cycle < cyclesPerTurnMax && this.#binding < bindingsMax; cycle++) {
      const pod = this.#queue.take();
      if (pod === undefined) {
        this.#wakeAt(next);
        return;
      }
      this.#cycle(pod);
    }
    if (this.#binding < bindingsMax) this.#kick();
  }

  #wakeAt(at: number | undefined): void {
    this.#timer?.cancel();
    if (at === undefined) return;
    this.#timer = this.#ports.clock.setTimer(Math.max(0, at - this.#ports.clock.now()), () => this.#kick());
  }

  #cycle(pod: Pod): void {
    const outcome = schedule(pod, this.#snapshot.nodes, this.#ports.random);
    if (outcome.kind === 'node') {
      this.#binding++;
      void this.#bind(pod, outcome.name).finally(() => {
        this.#binding--;
        this.#kick();
      });
      return;
    }
    this.#queue.putBack(pod.metadata.uid ?? '', this.#ports.clock.now(), 'unschedulable');
    this.#ports.events.event(pod, 'Warning', 'FailedScheduling', outcome.message);
    void this.#reportUnschedulable(pod, outcome.message);
    this.#kick();
  }

  /** The pod counts on its node from now on; if the API server refuses, that is taken back and the pod waits. */
  async #bind(pod: Pod, nodeName: string): Promise<void> {
    const { client, clock, events, log } = this.#ports;
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    this.#snapshot.setPod({ ...pod, spec: { ...pod.spec, nodeName } });
    try {
      await client.createSubresource(resources.pods, namespace, name, 'binding', bindingOf(pod, nodeName));
      events.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`);
      log.info('pod bound', { pod: `${namespace}/${name}`, node: nodeName });
    } catch (error) {
      this.#snapshot.removePod(uid);
      const current = this.#ports.pods.get(`${namespace}/${name}`);
      if (hasReason(error, 'NotFound') || current?.metadata.uid !== uid) {
        this.#queue.delete(uid);
        return;
      }
      // A conflict that bound it elsewhere arrives as an event; anything else is tried again.
      if ((current.spec.nodeName ?? '') !== '') this.#snapshot.setPod(current);
      else this.#queue.putBack(uid, clock.now(), 'error');
      log.warn('binding failed', { pod: `${namespace}/${name}`, node: nodeName, error: causeChain(error) });
    }
  }

  async #reportUnschedulable(pod: Pod, message: string): Promise<void> {
    const before = (pod.status.conditions ?? []).find((c) => c.type === 'PodScheduled');
    if (before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message) return;
    const { name = '', namespace = '', uid } = pod.metadata;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : formatTime(this.#ports.clock.now()),
    };
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      await this.#ports.client.patch(resources.pods, namespace, name, 'strategic', patch, { subresource: 'status' });
    } catch (error) {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) {
        this.#ports.log.warn('pod status was not written', { pod: `${namespace}/${name}`, error: causeChain(error) });
      }
    }
  }
}

function bindingOf(pod: Pod, nodeName: string): Binding {
  const { name, namespace, uid } = pod.metadata;
  return { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { apiVersion: 'v1', kind: 'Node', name: nodeName } };
}
