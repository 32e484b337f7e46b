import type { Clock, Timer } from '@rhythm/base';
import { ConnectionError, errorCodes } from './frames.ts';

/** Frames without a purpose that one caller may send in a second, beyond those that our own work explains. */
const strikesMax = 10_000;
const forgetAfterMs = 1_000;

/**
 * Counts frames that cost the caller little and bring nobody anything: pings, settings, resets, empty data, frames of calls that are over
 * (CVE-2019-9512 and its kin, CVE-2023-44487). Callers that work with us send some of them too, so what we send in earnest forgives a few.
 */
export class Strikes {
  readonly #clock: Pick<Clock, 'setTimer'>;
  #count = 0;
  #timer: Timer | undefined;

  constructor(clock: Pick<Clock, 'setTimer'>) {
    this.#clock = clock;
  }

  /** @throws ConnectionError when it is too much. */
  add(count = 1): void {
    this.#count += count;
    if (this.#count > strikesMax) throw new ConnectionError(errorCodes.calm, 'too many frames without a purpose');
    this.#timer ??= this.#clock.setTimer(forgetAfterMs, () => {
      this.#count = 0;
      this.#timer = undefined;
    });
  }

  forgive(count: number): void {
    this.#count = Math.max(0, this.#count - count);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
