import type { Histogram } from '@rhythm/telemetry';

/** Kubernetes' buckets. */
export const utilizationBuckets = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1] as const;

const nanosecondsPerMs = 1_000_000;

/** How much of its seats a level uses, as a histogram of the time that it was so: one observation a nanosecond, as in Kubernetes. */
export class SeatUtilization {
  readonly #histogram: Pick<Histogram, 'observe'>;
  #ratio = 0;
  #since: number;

  /** @param now monotonic milliseconds, as everywhere here */
  constructor(now: number, histogram: Pick<Histogram, 'observe'>) {
    this.#since = now;
    this.#histogram = histogram;
  }

  /** A level without seats is full as soon as somebody is in it. */
  set(now: number, inUse: number, seats: number): void {
    this.settle(now);
    this.#ratio = inUse / Math.max(1, seats);
  }

  /** Counts the time until now. */
  settle(now: number): void {
    const passed = now - this.#since;
    if (passed <= 0) return;
    this.#histogram.observe(this.#ratio, Math.round(passed * nanosecondsPerMs));
    this.#since = now;
  }
}
