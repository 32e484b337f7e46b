import { seededRandom } from '@rhythm/base';

/** One operation as its client saw it, on an object with states `S`, which are never changed in place. */
export interface Operation<S> {
  readonly start: number;
  /** Infinity when no answer came: it may have happened at any time since, or never. */
  readonly end: number;
  readonly text: string;
  /** The state after it; undefined when what the client was told cannot have come from `state`. */
  readonly step: (state: S) => S | undefined;
}

export interface Verdict<S> {
  /** Undefined when it was not decided. */
  readonly isLinearizable: boolean | undefined;
  /** The longest order that was found, and where it led. */
  readonly longest: ReadonlyArray<Operation<S>>;
  readonly state: S;
}

/** Places that are tried for one history before it counts as undecided. */
const triesMax = 200_000;

interface Choice<S> {
  readonly state: S;
  readonly candidates: readonly number[];
  next: number;
}

/**
 * Looks for an order of the operations, each somewhere between its start and its end, in which every answer is right (Wing and
 * Gong, with Lowe's memory of what was tried, as in porcupine). `nameOf` gives equal names to equal states only.
 */
export function linearize<S>(operations: ReadonlyArray<Operation<S>>, initial: S, nameOf: (state: S) => string): Verdict<S> {
  return new Search(operations, initial, nameOf).run();
}

class Search<S> {
  readonly #all: ReadonlyArray<Operation<S>>;
  readonly #nameOf: (state: S) => string;
  readonly #isDone: boolean[];
  /** Names the set of operations that are done: the sum (exclusive or) of a random number for each. */
  readonly #marks: Array<readonly [number, number]>;
  #done: [number, number] = [0, 0];
  #answered: number;
  /** Everything before it is done. */
  #first = 0;
  readonly #path: Array<Choice<S>> = [];
  readonly #taken: number[] = [];
  readonly #tried = new Set<string>();
  #longest: readonly number[] = [];
  #longestState: S;

  constructor(operations: ReadonlyArray<Operation<S>>, initial: S, nameOf: (state: S) => string) {
    this.#all = [...operations].sort((a, b) => a.start - b.start);
    this.#nameOf = nameOf;
    this.#isDone = this.#all.map(() => false);
    const random = seededRandom(this.#all.length);
    this.#marks = this.#all.map(() => [random.next() * 2 ** 32, random.next() * 2 ** 32]);
    this.#answered = this.#all.filter(({ end }) => end !== Infinity).length;
    this.#longestState = initial;
    this.#path.push({ state: initial, candidates: this.#candidates(), next: 0 });
  }

  run(): Verdict<S> {
    for (let tries = 0; tries < triesMax; tries++) {
      if (this.#answered === 0) return this.#verdict(true);
      const choice = this.#path[this.#path.length - 1] as Choice<S>;
      const at = choice.candidates[choice.next++];
      if (at !== undefined) this.#try(at, choice.state);
      else if (!this.#back()) return this.#verdict(false);
    }
    return this.#verdict(undefined);
  }

  #verdict(isLinearizable: boolean | undefined): Verdict<S> {
    return { isLinearizable, longest: this.#longest.map((at) => this.#all[at] as Operation<S>), state: this.#longestState };
  }

  #try(at: number, before: S): void {
    const state = this.#all[at]?.step(before);
    if (state === undefined) return;
    this.#mark(at, true);
    const key = `${this.#done[0]}/${this.#done[1]}/${this.#nameOf(state)}`;
    if (this.#tried.has(key)) {
      this.#mark(at, false);
      return;
    }
    this.#tried.add(key);
    this.#taken.push(at);
    if (this.#taken.length > this.#longest.length) {
      this.#longest = [...this.#taken];
      this.#longestState = state;
    }
    this.#path.push({ state, candidates: this.#candidates(), next: 0 });
  }

  /** Takes the last step back; false when there is none. */
  #back(): boolean {
    this.#path.pop();
    const at = this.#taken.pop();
    if (at === undefined) return false;
    this.#mark(at, false);
    return true;
  }

  #mark(at: number, isDone: boolean): void {
    const [a, b] = this.#marks[at] ?? [0, 0];
    this.#done = [this.#done[0] ^ a, this.#done[1] ^ b];
    this.#isDone[at] = isDone;
    if (this.#all[at]?.end !== Infinity) this.#answered += isDone ? -1 : 1;
    if (!isDone) this.#first = Math.min(this.#first, at);
    while (this.#isDone[this.#first] === true) this.#first++;
  }

  /** What can come next: all that began before the first of the rest ended. Those without an answer, which need not have happened, last. */
  #candidates(): number[] {
    let deadline = Infinity;
    const found: number[] = [];
    for (let at = this.#first; at < this.#all.length; at++) {
      const operation = this.#all[at] as Operation<S>;
      if (operation.start > deadline) break;
      if (this.#isDone[at] === true) continue;
      found.push(at);
      deadline = Math.min(deadline, operation.end);
    }
    return found.sort((a, b) => (this.#all[a]?.end ?? 0) - (this.#all[b]?.end ?? 0) || a - b);
  }
}
