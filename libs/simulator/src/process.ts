import { sleepOn, type Clock, type Timer } from '@rhythm/base';
import type { World } from './world.ts';

/**
 * One life of a process in a world: nothing that was begun in it goes on after its end, and while it is paused whatever would reach it waits.
 * Its clock runs at a speed of its own.
 */
export class SimProcess {
  readonly clock: Clock;
  readonly #world: World;
  #isOver = false;
  #isPaused = false;
  #waiting: Array<() => void> = [];
  readonly #endings: Array<() => void> = [];

  /** `speed`: seconds of its clock in a second. */
  constructor(world: World, speed: number) {
    this.#world = world;
    const monotonic = (): number => world.now * speed;
    const setTimer = (delayMs: number, callback: () => void): Timer => {
      let isCancelled = false;
      world.after(Math.max(0, delayMs) / speed, () => this.reach(() => (isCancelled ? undefined : callback())));
      return { cancel: () => void (isCancelled = true) };
    };
    this.clock = { now: () => 1_700_000_000_000 + monotonic(), monotonic, setTimer, sleep: (delayMs, signal) => sleepOn({ setTimer }, delayMs, signal) };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Something reaches the process: now, when it goes on, or never. */
  reach(run: () => void): void {
    if (this.#isOver) return;
    if (this.#isPaused) this.#waiting.push(run);
    else run();
  }

  /** Resolves after a time of the world, if the process lives; what else happens to it comes first. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.after(ms, () => this.reach(resolve)));
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Goes on with what has come meanwhile, in no order: it came from many sides. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const run of this.#waiting.splice(0)) this.#world.after(this.#world.random.next() * 3, () => this.reach(run));
  }

  /** Calls back when the process ends. */
  onEnd(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#endings.push(callback);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    for (const callback of this.#endings.splice(0)) callback();
  }
}
