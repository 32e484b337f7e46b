import { Heap, randomInt, seededRandom, settlePromises, type Random } from '@rhythm/base';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** What a checker found to be wrong. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Time, chance and the faults of one run: equal seeds give equal runs. Everything happens in events, one after the other. */
export class World {
  readonly random: Random;
  /** Faults that happened, and other things worth counting, by kind. */
  readonly counts = new Map<string, number>();
  #now = 0;
  #order = 0;
  #failure: Error | undefined;
  readonly #events = new Heap<Event>((a, b) => a.at - b.at || a.order - b.order);

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  count(kind: string, times = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + times);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  /** One of these. */
  pick<T>(items: readonly T[]): T {
    return items[randomInt(this.random, items.length)] as T;
  }

  after(ms: number, run: () => void): void {
    this.#events.push({ at: this.#now + ms, order: this.#order++, run });
  }

  /** Runs all events up to `until`. */
  run(until: number): void {
    while (this.#step(until));
    this.#now = until;
  }

  /** The same for what waits for promises: they settle after each event. */
  async runSettling(until: number): Promise<void> {
    await settlePromises();
    while (this.#step(until)) {
      await settlePromises();
      if (this.#failure !== undefined) throw this.#failure;
    }
    this.#now = until;
  }

  /** Something was found to be wrong where nobody would catch it: `runSettling` throws it. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  #step(until: number): boolean {
    const next = this.#events.peek();
    if (next === undefined || next.at > until) return false;
    this.#events.pop();
    this.#now = next.at;
    next.run();
    return true;
  }
}
