/** What runs count, by kind. */
export type Counts = ReadonlyMap<string, number>;

/** What one seed came to, whichever part of the system it ran. */
export interface Outcome {
  readonly seed: number;
  readonly members: number;
  /** Operations that were answered. */
  readonly acknowledged: number;
  readonly leaderChanges: number;
  readonly counts: Counts;
  /** What was wrong; undefined when nothing was. */
  readonly violation: Error | undefined;
}

export function sum(outcomes: readonly Outcome[]): Counts {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) for (const [kind, count] of outcome.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return counts;
}

/** Columns that stayed at 0: what never happened was not tested. */
export function missing(columns: readonly string[], counts: Counts): string[] {
  return columns.filter((kind) => (counts.get(kind) ?? 0) === 0);
}

/** One line about many runs. */
export function describe(outcomes: readonly Outcome[]): string {
  const total = (of: (outcome: Outcome) => number): number => outcomes.reduce((count, outcome) => count + of(outcome), 0);
  const kinds = [...sum(outcomes)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind} ${count}`);
  return `${outcomes.length} seeds, ${total((o) => o.acknowledged)} operations acknowledged, ${total((o) => o.leaderChanges)} leader changes; ${kinds.join(', ')}`;
}
