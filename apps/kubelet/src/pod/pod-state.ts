import type { Instant } from '@rhythm/base';
import type { BackoffEntry, Obstacle, PodMemory, ProbeResults, Termination } from '../observed/memory.ts';

/** The memory of one pod, as its worker changes it. */
export class PodState implements PodMemory {
  readonly startTime: Instant;
  mounted = false;
  volumeObstacle: Obstacle | undefined;
  sandboxObstacle: Obstacle | undefined;
  readonly obstacles = new Map<string, Obstacle>();
  readonly backoff = new Map<string, BackoffEntry>();
  readonly probes = new Map<string, ProbeResults>();
  termination: Termination | undefined;
  failure: { readonly reason: string; readonly message: string } | undefined;
  /** How often in a row the sandbox or the volumes failed: the delay of the next obstacle. */
  sandboxDelayMs: number | undefined;
  volumeDelayMs: number | undefined;
  /** By container name: the id of the ended instance whose put-off restart was told of. */
  readonly backOffsTold = new Map<string, string>();
  /** Containers whose preStop hook has begun. */
  readonly hooked = new Set<string>();

  constructor(startTime: Instant) {
    this.startTime = startTime;
  }
}
