import type { Pod, PodStatus } from '@rhythm/api/types/core-v1';
import type { PodEvents } from '../observed/events.ts';

/** Tells once per ended container that its restart is put off. `told` holds the ids of containers of which that was said. */
export function tellBackOffs(pod: Pod, status: PodStatus, told: Map<string, string>, events: PodEvents): void {
  for (const { name, state, lastState } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const ended = lastState.terminated?.containerID;
    if (state.waiting?.reason !== 'CrashLoopBackOff' || ended === undefined || told.get(name) === ended) continue;
    told.set(name, ended);
    const { name: podName, namespace, uid } = pod.metadata;
    events.warning('BackOff', `Back-off restarting failed container ${name} in pod ${podName}_${namespace}(${uid})`, name);
  }
}
