import { causeChain, type Clock, type Log, type Random } from '@rhythm/base';
import type { Container, Pod, Probe } from '@rhythm/api/types/core-v1';
import type { ContainerStatus, Runtime } from '@rhythm/cri';
import type { PodEvents } from '../observed/events.ts';
import type { ProbeResults } from '../observed/memory.ts';
import { isRunning, type ObservedPod } from '../observed/observed.ts';
import { initialState, stepProbe, type ProbeKind } from './probe-state.ts';
import { runProbe } from './run-probe.ts';

export interface ProbePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly runtime: Runtime;
}

export interface ProbedPod {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly podIp: string;
  readonly events: PodEvents;
  /** What is known of a container instance now. */
  results(containerId: string): ProbeResults | undefined;
  /** A verdict is new or has turned. */
  report(containerId: string, results: ProbeResults): void;
}

interface Running {
  readonly uid: string;
  readonly abort: AbortController;
}

/** A container that has run longer than this was not started by us just now: its probes are spread over their period. */
const adoptedMs = 10_000;

/** Runs the probes of all running containers, each on its own timer. */
export class ProbeManager {
  readonly #ports: ProbePorts;
  /** By container id and kind. */
  readonly #running = new Map<string, Running>();

  constructor(ports: ProbePorts) {
    this.#ports = ports;
  }

  /** Starts probes of containers that run and have none yet, stops those of containers that do not run any more. */
  reconcile(probed: ProbedPod): void {
    const uid = probed.pod.metadata.uid ?? '';
    const wanted = new Set<string>();
    for (const instance of probed.observed.containers.filter(isRunning)) {
      const container = [...probed.pod.spec.containers, ...(probed.pod.spec.initContainers ?? [])].find((c) => c.name === instance.name);
      if (container === undefined) continue;
      for (const [kind, probe] of probesOf(container)) {
        const key = `${instance.id} ${kind}`;
        wanted.add(key);
        if (!this.#running.has(key)) this.#start(key, kind, probe, container, instance, probed);
      }
    }
    for (const [key, running] of this.#running) if (running.uid === uid && !wanted.has(key)) this.#stop(key, running);
  }

  release(uid: string): void {
    for (const [key, running] of this.#running) if (running.uid === uid) this.#stop(key, running);
  }

  stop(): void {
    for (const [key, running] of this.#running) this.#stop(key, running);
  }

  #start(key: string, kind: ProbeKind, probe: Probe, container: Container, instance: ContainerStatus, probed: ProbedPod): void {
    const abort = new AbortController();
    this.#running.set(key, { uid: probed.pod.metadata.uid ?? '', abort });
    this.#loop(kind, probe, container, instance, probed, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) this.#ports.log.error('a probe ended by itself', { container: container.name, kind, error: causeChain(error) });
    });
  }

  #stop(key: string, running: Running): void {
    this.#running.delete(key);
    running.abort.abort(new Error('the container is not probed any more'));
  }

  async #loop(kind: ProbeKind, probe: Probe, container: Container, instance: ContainerStatus, probed: ProbedPod, signal: AbortSignal): Promise<void> {
    const { clock, random, runtime } = this.#ports;
    let state = initialState(kind, publishedVerdict(probed.pod, instance, kind));
    const tell = (message?: string): void => {
      const known = probed.results(instance.id);
      if (state.verdict === undefined || known?.[kind] === state.verdict) return;
      probed.report(instance.id, { ...known, [kind]: state.verdict, ...(message === undefined ? {} : { message }) });
    };
    tell();
    if (kind === 'startup' && state.verdict === true) return;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const ageMs = Math.max(0, clock.now() - instance.startedAt);
    await clock.sleep(ageMs > adoptedMs ? random.next() * periodMs : Math.max(0, (probe.initialDelaySeconds ?? 0) * 1000 - ageMs), signal);
    for (;;) {
      const held = kind !== 'startup' && container.startupProbe !== undefined && probed.results(instance.id)?.startup !== true;
      if (!held) {
        const result = await runProbe(probe, { runtime, clock, container, containerId: instance.id, podIp: probed.podIp }, signal);
        signal.throwIfAborted();
        if (result.outcome !== 'success') {
          probed.events.warning('Unhealthy', `${kind[0]?.toUpperCase()}${kind.slice(1)} probe ${result.outcome === 'error' ? 'errored' : 'failed'}: ${result.message}`, container.name);
        }
        if (result.outcome !== 'error') state = stepProbe(state, result.outcome === 'success', probe);
        tell(result.message);
        if (kind === 'startup' && state.verdict !== undefined) return;
        if (kind === 'liveness' && state.verdict === false) return;
      }
      await clock.sleep(periodMs, signal);
    }
  }
}

function probesOf(container: Container): [ProbeKind, Probe][] {
  const all: [ProbeKind, Probe | undefined][] = [
    ['startup', container.startupProbe],
    ['liveness', container.livenessProbe],
    ['readiness', container.readinessProbe],
  ];
  return all.filter((entry): entry is [ProbeKind, Probe] => entry[1] !== undefined);
}

/** After a restart of the kubelet a container that was ready stays so until a probe says otherwise. */
function publishedVerdict(pod: Pod, instance: ContainerStatus, kind: ProbeKind): boolean | undefined {
  const published = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].find((status) => status.containerID?.endsWith(instance.id) === true);
  if (published === undefined) return undefined;
  return kind === 'readiness' ? published.ready : kind === 'startup' ? published.started : undefined;
}
