import type { ContainerStatus, Pod } from '@rhythm/api/types/core-v1';
import { isSidecar } from '../observed/restart-policy.ts';
import type { Outcome } from '../observed/outcome.ts';

/** The phase of a pod, from the statuses of its containers. An outcome shows only once nothing of the pod runs any more. */
export function podPhase(pod: Pod, outcome: Outcome, init: readonly ContainerStatus[], regular: readonly ContainerStatus[]): string {
  const published = pod.status.phase;
  if (published === 'Succeeded' || published === 'Failed') return published;
  const anyRuns = [...init, ...regular].some((status) => status.state.running !== undefined);
  if (outcome !== undefined && !anyRuns) return outcome;
  if (!initialized(pod, init) && regular.every((status) => status.state.running === undefined && status.state.terminated === undefined && status.restartCount === 0)) return 'Pending';
  let waiting = 0;
  for (const status of regular) {
    if (status.state.waiting !== undefined && status.lastState.terminated === undefined) waiting++;
  }
  return waiting > 0 || regular.length === 0 ? 'Pending' : 'Running';
}

/** Init containers that have not done their part: completed, or for sidecars started. */
export function incompleteInit(pod: Pod, init: readonly ContainerStatus[]): string[] {
  const containers = pod.spec.initContainers ?? [];
  return init
    .filter((status) => {
      const container = containers.find((c) => c.name === status.name);
      if (container !== undefined && isSidecar(container)) return status.started !== true && status.state.terminated === undefined;
      return status.state.terminated?.exitCode !== 0;
    })
    .map((status) => status.name);
}

const initialized = (pod: Pod, init: readonly ContainerStatus[]): boolean => incompleteInit(pod, init).length === 0;
