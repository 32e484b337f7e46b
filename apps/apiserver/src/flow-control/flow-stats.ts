import type { Histogram } from '@rhythm/telemetry';

export type RefusalReason = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled';

/** Kubernetes' buckets. */
export const flowBuckets = {
  seconds: [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  seats: [1, 2, 4, 10, 15, 25, 50, 100],
  queueLength: [0, 10, 25, 50, 100, 250, 500, 1000],
} as const;

/** Where durations and sizes are counted. */
export interface FlowHistograms {
  readonly waitSeconds: Histogram;
  readonly refusedWaitSeconds: Histogram;
  readonly executionSeconds: Histogram;
  readonly estimatedSeats: Histogram;
  readonly queueLength: Histogram;
}

/** What is counted of the requests of one flow schema at one level. */
export class FlowStats {
  readonly level: string;
  readonly schema: string;
  dispatchedTotal = 0;
  readonly refusedTotal = new Map<RefusalReason, number>();
  executingRequests = 0;
  executingSeats = 0;
  waitingRequests = 0;
  waitingSeats = 0;
  readonly #histograms: FlowHistograms | undefined;

  constructor(level: string, schema: string, histograms?: FlowHistograms) {
    this.level = level;
    this.schema = schema;
    this.#histograms = histograms;
  }

  get isIdle(): boolean {
    return this.executingRequests === 0 && this.waitingRequests === 0;
  }

  arrived(seats: number, queueLength: number): void {
    this.#histograms?.estimatedSeats.observe(seats);
    this.#histograms?.queueLength.observe(queueLength);
  }

  waiting(requests: number, seats: number): void {
    this.waitingRequests += requests;
    this.waitingSeats += seats;
  }

  dispatched(waitMs: number, seats: number): void {
    this.dispatchedTotal++;
    this.executingRequests++;
    this.executingSeats += seats;
    this.#histograms?.waitSeconds.observe(waitMs / 1000);
  }

  gaveUp(waitMs: number): void {
    this.#histograms?.refusedWaitSeconds.observe(waitMs / 1000);
  }

  refused(reason: RefusalReason): void {
    this.refusedTotal.set(reason, (this.refusedTotal.get(reason) ?? 0) + 1);
  }

  finished(ms: number, seats: number): void {
    this.executingRequests--;
    this.executingSeats -= seats;
    this.#histograms?.executionSeconds.observe(ms / 1000);
  }
}
