import type { Instant } from '@rhythm/base';

/** Why a container, sandbox or volume is not there yet, as shown to users, and when to try again. */
export interface Obstacle {
  readonly reason: string;
  readonly message: string;
  readonly retryAt: Instant;
}

/** The delay that stands before the next restart, and when it was last raised. */
export interface BackoffEntry {
  readonly delayMs: number;
  readonly raisedAt: Instant;
}

/** What probes have found of one container instance; absent: no result yet. */
export interface ProbeResults {
  readonly startup?: boolean;
  readonly liveness?: boolean;
  readonly readiness?: boolean;
  /** What the failing probe said last. */
  readonly message?: string;
}

export interface Termination {
  /** When this kubelet first saw that the pod must end. */
  readonly since: Instant;
  readonly graceSeconds: number;
}

/**
 * What a kubelet knows of one pod besides its object and the runtime. Nothing here is needed after a restart:
 * back-off starts over, obstacles are met again, probes run again.
 */
export interface PodMemory {
  readonly startTime: Instant;
  /** Volumes are in place. */
  readonly mounted: boolean;
  readonly volumeObstacle: Obstacle | undefined;
  readonly sandboxObstacle: Obstacle | undefined;
  /** By container name. */
  readonly obstacles: ReadonlyMap<string, Obstacle>;
  readonly backoff: ReadonlyMap<string, BackoffEntry>;
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeResults>;
  readonly termination: Termination | undefined;
  /** Set when the pod is over for a reason of the node's: refused, deadline exceeded, evicted. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}
