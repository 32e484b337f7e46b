import type { World } from './world.ts';

export interface NetworkFaults {
  readonly drop: number;
  readonly duplicate: number;
  /** Probability of a delay of up to `slowMs`, which also reorders. */
  readonly slow: number;
  readonly slowMs: number;
}

/** Carries messages between numbered places, badly. */
export class Network<M> {
  faults: NetworkFaults;
  readonly #world: World;
  readonly #deliver: (to: bigint, message: M) => void;
  /** Links that are cut, `from>to`. */
  readonly #cut = new Set<string>();

  constructor(world: World, faults: NetworkFaults, deliver: (to: bigint, message: M) => void) {
    this.#world = world;
    this.faults = faults;
    this.#deliver = deliver;
  }

  /** Cuts one direction between two places. */
  cut(from: bigint, to: bigint): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  isCut(from: bigint, to: bigint): boolean {
    return this.#cut.has(`${from}>${to}`);
  }

  /** False when it will surely not arrive. */
  send(from: bigint, to: bigint, message: M, mayRepeat = true): boolean {
    const world = this.#world;
    if (this.#cut.has(`${from}>${to}`)) {
      world.count('cut');
      return false;
    }
    if (world.chance(this.faults.drop)) {
      world.count('drop');
      return false;
    }
    this.#later(to, message);
    if (mayRepeat && world.chance(this.faults.duplicate)) {
      world.count('duplicate');
      this.#later(to, message);
    }
    return true;
  }

  #later(to: bigint, message: M): void {
    const world = this.#world;
    const isSlow = world.chance(this.faults.slow);
    if (isSlow) world.count('delay');
    world.after(0.2 + world.random.next() + (isSlow ? world.random.next() * this.faults.slowMs : 0), () => this.#deliver(to, message));
  }
}
