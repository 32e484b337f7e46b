/** One operation as its client saw it, on an object whose state is a string. */
export interface Operation {
  readonly start: number;
  /** Infinity when no answer came: it may have happened at any time since, or never. */
  readonly end: number;
  readonly text: string;
  /** The state after it; undefined when what the client was told cannot have come from `state`. */
  readonly step: (state: string) => string | undefined;
}

interface Choice {
  readonly state: string;
  readonly candidates: readonly number[];
  next: number;
}

/** Places that are tried for one history before it counts as undecided. */
const triesMax = 100_000;

/**
 * Looks for an order of the operations, each somewhere between its start and its end, in which every answer is right (Wing and
 * Gong, with Lowe's memory of what was tried). True when there is one; undefined when it was not decided.
 */
export function linearize(operations: readonly Operation[], initial: string): boolean | undefined {
  const all = [...operations].sort((a, b) => a.start - b.start);
  const isDone = all.map(() => false);
  const tried = new Set<string>();
  let answered = all.filter(({ end }) => end !== Infinity).length;
  const path: Choice[] = [{ state: initial, candidates: candidates(all, isDone), next: 0 }];
  const taken: number[] = [];
  for (let tries = 0; tries < triesMax; tries++) {
    if (answered === 0) return true;
    const choice = path[path.length - 1] as Choice;
    const at = choice.candidates[choice.next++];
    if (at === undefined) {
      path.pop();
      const back = taken.pop();
      if (back === undefined) return false;
      isDone[back] = false;
      if (all[back]?.end !== Infinity) answered++;
      continue;
    }
    const state = all[at]?.step(choice.state);
    if (state === undefined) continue;
    isDone[at] = true;
    const key = `${state}/${place(isDone)}`;
    if (tried.has(key)) {
      isDone[at] = false;
      continue;
    }
    tried.add(key);
    taken.push(at);
    if (all[at]?.end !== Infinity) answered--;
    path.push({ state, candidates: candidates(all, isDone), next: 0 });
  }
  return undefined;
}

/** What can come next: all that began before the first of the rest ended. Those without an answer, which need not have happened, last. */
function candidates(all: readonly Operation[], isDone: readonly boolean[]): number[] {
  let deadline = Infinity;
  const found: number[] = [];
  for (const [at, operation] of all.entries()) {
    if (operation.start > deadline) break;
    if (isDone[at] === true) continue;
    found.push(at);
    deadline = Math.min(deadline, operation.end);
  }
  return found.sort((a, b) => (all[a]?.end ?? 0) - (all[b]?.end ?? 0) || a - b);
}

/** Names the set of operations that are done: those without an answer among them count. */
function place(isDone: readonly boolean[]): string {
  const first = isDone.indexOf(false);
  const last = isDone.lastIndexOf(true);
  let text = `${first}`;
  for (let at = first + 1; first >= 0 && at <= last; at++) if (isDone[at] === true) text += `,${at}`;
  return text;
}
