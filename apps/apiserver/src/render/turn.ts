import type { Clock } from '@rhythm/base';

/** How long one reply works on its objects before others get their turn. */
const turnMs = 4;
/** Looking at the clock costs too: not for each object. */
const objectsBetween = 16;

/** The turn of the event loop that a reply, or whatever else is long, takes at a time. */
export class Turn {
  readonly #clock: Clock;
  #began: number;
  #objects = 0;
  readonly #between: number;

  /** @param between objects after which the clock is looked at: 1 where each takes long. */
  constructor(clock: Clock, between = objectsBetween) {
    this.#clock = clock;
    this.#between = between;
    this.#began = clock.monotonic();
  }

  /** To be asked after each object. */
  isOver(): boolean {
    return ++this.#objects % this.#between === 0 && this.#clock.monotonic() - this.#began >= turnMs;
  }

  async next(): Promise<void> {
    await this.#clock.sleep(0);
    this.#began = this.#clock.monotonic();
  }
}
