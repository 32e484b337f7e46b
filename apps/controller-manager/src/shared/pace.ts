import type { Clock } from '@rhythm/base';

/** After work a key rests this many times as long: whatever its size, it takes a tenth of the CPU at most. */
const restFactor = 9;
const restMsMax = 1_000;

/**
 * Slows down what grows with the number of pods: planning a Service again for each of 5,000 pods that become ready looks
 * at 25 million pods. A key whose work was short is not delayed, so a small Service is as fast as ever.
 */
export class Pace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #restedAt = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** How long the key still rests, in milliseconds. */
  delayMs(key: string): number {
    return Math.max(0, (this.#restedAt.get(key) ?? 0) - this.#clock.monotonic());
  }

  /** Does synchronous work for a key, which rests afterwards. */
  measured<T>(key: string, work: () => T): T {
    const from = this.#clock.monotonic();
    const result = work();
    const till = this.#clock.monotonic();
    this.#restedAt.set(key, till + Math.min(restMsMax, (till - from) * restFactor));
    return result;
  }

  forget(key: string): void {
    this.#restedAt.delete(key);
  }
}
