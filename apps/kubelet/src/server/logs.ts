import type { LogsRequest } from '@rhythm/proto/node';
import type { ContainerStatus } from '@rhythm/cri';
import { parseTime } from '@rhythm/base';
import type { NodeContext } from '../pod/node-context.ts';
import { readLog } from '../logs/read-log.ts';
import { hasEnded, latestOf } from '../observed/observed.ts';
import type { PodWorker } from '../pod/pod-worker.ts';
import { containerLogPath } from '../spec/container-config.ts';
import { containerName, findPod, type PodFinder } from './find-container.ts';
import { refuse } from './refusal.ts';

/** The log of a container, as asked for. */
export async function* readContainerLogs(node: NodeContext, pods: PodFinder, request: LogsRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
  const worker = findPod(pods, request.container);
  const name = containerName(worker.pod, request.container?.container ?? '');
  const instance = request.previous ? previousInstance(worker, name) : currentInstance(worker, name);
  const path = `${node.paths.podLogs(worker.pod.metadata)}/${containerLogPath(name, instance.attempt)}`;
  const since = request.sinceTime !== '' ? parseTime(request.sinceTime) : request.sinceSeconds === undefined ? undefined : node.clock.now() - Number(request.sinceSeconds) * 1000;
  if (request.sinceTime !== '' && since === undefined) throw refuse('BadRequest', `sinceTime "${request.sinceTime}" is not a time`);
  const running = (): boolean => worker.observed.containers.find((container) => container.id === instance.id)?.state === 'running';
  yield* readLog(path, {
    follow: request.follow && !request.previous,
    timestamps: request.timestamps,
    ...(request.tailLines === undefined ? {} : { tailLines: Number(request.tailLines) }),
    ...(request.limitBytes === undefined ? {} : { limitBytes: Number(request.limitBytes) }),
    ...(since === undefined ? {} : { since }),
    ...(request.stream === 'Stdout' || request.stream === 'Stderr' ? { stream: request.stream === 'Stdout' ? 'stdout' : 'stderr' } : {}),
    running,
    clock: node.clock,
    signal,
  });
}

function currentInstance(worker: PodWorker, name: string): ContainerStatus {
  const latest = latestOf(worker.observed, name);
  if (latest !== undefined && latest.state !== 'created') return latest;
  const waiting = worker.shownStatus()?.containerStatuses?.find((status) => status.name === name)?.state.waiting?.reason ?? 'ContainerCreating';
  const why = waiting === 'ErrImagePull' || waiting === 'ImagePullBackOff' ? `trying and failing to pull image` : waiting;
  throw refuse('BadRequest', `container "${name}" in pod "${worker.pod.metadata.name}" is waiting to start: ${why}`);
}

/** The instance before the one that runs; when none runs, the one that ended last is the previous one. */
function previousInstance(worker: PodWorker, name: string): ContainerStatus {
  const instances = worker.observed.containers.filter((container) => container.name === name);
  const waiting = worker.shownStatus()?.containerStatuses?.find((status) => status.name === name)?.state.waiting !== undefined;
  const found = instances.slice(waiting ? 0 : 1).find(hasEnded);
  if (found === undefined) throw refuse('BadRequest', `previous terminated container "${name}" in pod "${worker.pod.metadata.name}" not found`);
  return found;
}
