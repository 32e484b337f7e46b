import type { Clock, Timer } from '@rhythm/base';

/** Calls `onIdle` when `touch` was not called for `idleMs`. One timer, however often it is touched. */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #last: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, idleMs: number, onIdle: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#last = clock.monotonic();
    this.#wait(idleMs);
  }

  touch(): void {
    this.#last = this.#clock.monotonic();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.setTimer(ms, () => {
      const left = this.#last + this.#idleMs - this.#clock.monotonic();
      if (left > 0) this.#wait(left);
      else this.#onIdle();
    });
  }
}
