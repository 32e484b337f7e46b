import type { Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus } from '@rhythm/cri';
import type { ContainerRef } from '@rhythm/proto/node';
import type { PodWorker } from '../pod/pod-worker.ts';
import { currentSandbox, latestOf } from '../observed/observed.ts';
import { refuse } from './refusal.ts';

/** The pods that the server may be asked about. */
export interface PodFinder {
  find(namespace: string, name: string): PodWorker | undefined;
}

const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/** The pod of a reference. @throws ApiError when it is not on this node, or is another pod of that name. */
export function findPod(pods: PodFinder, ref: ContainerRef | undefined): PodWorker {
  if (ref === undefined) throw refuse('BadRequest', 'the request names no pod');
  const worker = pods.find(ref.namespace, ref.pod);
  if (worker === undefined) throw refuse('NotFound', `pod "${ref.pod}" is not on this node`);
  if (ref.podUid !== '' && ref.podUid !== worker.uid) throw refuse('Conflict', `pod "${ref.pod}" is another one now: uid ${worker.uid}, not ${ref.podUid}`);
  return worker;
}

/** The container's name: the one asked for, the pod's default, or its only one. */
export function containerName(pod: Pod, wanted: string): string {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].map(({ name }) => name);
  if (wanted !== '') {
    if (all.includes(wanted)) return wanted;
    throw refuse('BadRequest', `container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  const [first] = pod.spec.containers;
  const preferred = pod.metadata.annotations?.[defaultContainerAnnotation];
  if (preferred !== undefined && all.includes(preferred)) return preferred;
  if (first !== undefined && all.length === 1) return first.name;
  throw refuse('BadRequest', `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${all.join(' ')}]`);
}

/** The running instance of a container. */
export function runningContainer(worker: PodWorker, wanted: string): ContainerStatus {
  const name = containerName(worker.pod, wanted);
  const latest = latestOf(worker.observed, name);
  if (latest?.state !== 'running') throw refuse('BadRequest', `container not found ("${name}"): it is not running`);
  return latest;
}

export function readySandbox(worker: PodWorker): string {
  const sandbox = currentSandbox(worker.observed);
  if (sandbox === undefined) throw refuse('BadRequest', `pod ${worker.pod.metadata.name} is not running`);
  return sandbox.id;
}
