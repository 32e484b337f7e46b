import type { ContainerStatus, SandboxStatus } from '@rhythm/cri';

/**
 * What the runtime holds of one pod.
 * 1. `sandboxes` and `containers` are sorted newest first. 2. Every container carries its termination message, once it ended.
 */
export interface ObservedPod {
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}

export const nothingObserved: ObservedPod = { sandboxes: [], containers: [] };

/** The newest instance of a container, in any sandbox. */
export function latestOf(observed: ObservedPod, name: string): ContainerStatus | undefined {
  return observed.containers.find((container) => container.name === name);
}

/** The newest instance of a container in one sandbox. */
export function latestIn(observed: ObservedPod, sandboxId: string, name: string): ContainerStatus | undefined {
  return observed.containers.find((container) => container.name === name && container.sandboxId === sandboxId);
}

/** The sandbox new containers belong in: the newest, when it is ready. */
export function currentSandbox(observed: ObservedPod): SandboxStatus | undefined {
  const newest = observed.sandboxes[0];
  return newest?.ready === true ? newest : undefined;
}

export const isRunning = (container: ContainerStatus | undefined): container is ContainerStatus & { readonly state: 'running' } => container?.state === 'running';

/** Ended, or never got as far as running and never will. */
export const hasEnded = (container: ContainerStatus | undefined): container is ContainerStatus & { readonly state: 'exited' | 'unknown' } => container?.state === 'exited' || container?.state === 'unknown';
