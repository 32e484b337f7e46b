import type { Clock } from '@rhythm/base';

/** How long one reply works on its objects before others get their turn. */
const turnMs = 4;
/** Looking at the clock costs too: not for each object. */
const objectsBetween = 16;

/** One reply's turn of the event loop. */
export class Turn {
  readonly #clock: Clock;
  #began: number;
  #objects = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** To be asked after each object. */
  isOver(): boolean {
    return ++this.#objects % objectsBetween === 0 && this.#clock.monotonic() - this.#began >= turnMs;
  }

  async next(): Promise<void> {
    await this.#clock.sleep(0);
    this.#began = this.#clock.monotonic();
  }
}
