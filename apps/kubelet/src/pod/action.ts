import type { Pod } from '@rhythm/api/types/core-v1';
import type { Instant } from '@rhythm/base';
import type { BackoffEntry, PodMemory } from '../observed/memory.ts';
import type { ObservedPod } from '../observed/observed.ts';

/** One thing to do for a pod. Kills run together, the others one after the other, in order. */
export type Action =
  | { readonly kind: 'mountVolumes' }
  | { readonly kind: 'createSandbox'; readonly attempt: number }
  | { readonly kind: 'stopSandbox'; readonly id: string }
  | { readonly kind: 'removeSandbox'; readonly id: string }
  | { readonly kind: 'startContainer'; readonly name: string; readonly attempt: number; readonly backoff?: BackoffEntry }
  | { readonly kind: 'killContainer'; readonly id: string; readonly name: string; readonly graceSeconds: number; readonly message: string }
  | { readonly kind: 'removeContainer'; readonly id: string }
  /** Everything of a deleted pod has stopped: report for the last time, clean up, delete the object. */
  | { readonly kind: 'finish' };

export interface PodPlan {
  readonly actions: readonly Action[];
  /** When to look again although nothing has happened. */
  readonly wakeAt?: Instant;
  /** The pod is over for a reason of the node's; to be remembered before the next plan. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export interface PlanInput {
  readonly pod: Pod;
  /** The object is gone from the API, or marked for deletion. */
  readonly deleted: boolean;
  readonly observed: ObservedPod;
  readonly memory: PodMemory;
  readonly now: Instant;
}
