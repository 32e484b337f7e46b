import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus } from '@rhythm/cri';
import type { PodMemory } from './memory.ts';
import { hasEnded, latestOf, type ObservedPod } from './observed.ts';
import { isSidecar, shouldRestart } from './restart-policy.ts';

export type Outcome = 'Succeeded' | 'Failed' | undefined;

/**
 * How the pod ended, or undefined while something of it still has to run. Decided by the regular containers, by an init container
 * that failed for good, or by the node (`memory.failure`). An outcome once published never changes.
 */
export function podOutcome(pod: Pod, observed: ObservedPod, memory: Pick<PodMemory, 'failure' | 'termination'>): Outcome {
  const published = pod.status.phase;
  if (published === 'Succeeded' || published === 'Failed') return published;
  if (memory.failure !== undefined) return 'Failed';
  if (failedInitContainer(pod, observed) !== undefined) return 'Failed';
  const ends: ContainerStatus[] = [];
  for (const container of pod.spec.containers) {
    const latest = latestOf(observed, container.name);
    if (!hasEnded(latest)) return undefined;
    if (memory.termination === undefined && shouldRestart(pod, container, latest)) return undefined;
    ends.push(latest);
  }
  return ends.every((end) => end.exitCode === 0 && end.state === 'exited') ? 'Succeeded' : 'Failed';
}

/** An init container whose failure is final. */
export function failedInitContainer(pod: Pod, observed: ObservedPod): Container | undefined {
  if (pod.spec.containers.some((container) => latestOf(observed, container.name) !== undefined)) return undefined;
  return pod.spec.initContainers?.find((container) => {
    const latest = latestOf(observed, container.name);
    return !isSidecar(container) && hasEnded(latest) && latest.exitCode !== 0 && !shouldRestart(pod, container, latest);
  });
}
