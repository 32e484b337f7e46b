import { describe, expect, it } from 'vitest';
import { missing, sum } from '../columns.ts';
import { bugs, type Bug } from './bugs.ts';
import { acknowledgedMin, columns, runSeed } from './run.ts';

const seeds = 24;

// Processor time is seconds; a busy machine may take longer.
describe('the core under faults', { timeout: 240_000 }, () => {
  it(`keeps every promise in ${seeds} seeds, in which everything that can go wrong does`, () => {
    const outcomes = Array.from({ length: seeds }, (_, at) => runSeed(at + 1));
    for (const { seed, violation, acknowledged } of outcomes) {
      expect(violation, `seed ${seed}; replay with npm run sim -- --seed ${seed}`).toBeUndefined();
      expect(acknowledged, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledgedMin);
    }
    const counts = sum(outcomes);
    expect(missing(columns, counts)).toEqual([]);
    // A history that the search gives up on proves nothing.
    expect(counts.get('undecided') ?? 0).toBe(0);
  });

  it('replays a seed exactly', () => {
    const [one, two] = [runSeed(3), runSeed(3)];
    expect([...two.counts]).toEqual([...one.counts]);
    expect(two.acknowledged).toBe(one.acknowledged);
  });
});

/** Within how many seeds each planted bug is caught; of the first only those count in which its long sequence is played, with five members. */
const caughtWithin: Readonly<Record<Bug, number>> = {
  'commit-older-terms': 20,
  'stale-read-index': 100,
  'vote-twice': 20,
  'joint-change-single-majority': 30,
  'change-forgotten-after-crash': 30,
  'vote-not-persisted': 30,
  'log-cut-before-sync': 3,
  'apply-twice-after-crash': 3,
  'snapshot-without-membership': 5,
  'answer-before-sync': 20,
  'watch-skips-on-resume': 3,
};

it.each(bugs)('the checkers notice a planted bug: %s', { timeout: 240_000 }, (bug) => {
  const [first, step] = bug === 'commit-older-terms' ? [7, 8] : [1, 1];
  for (let n = 0; n < caughtWithin[bug]; n++) if (runSeed(first + n * step, bug).violation !== undefined) return;
  expect.fail(`not noticed in ${caughtWithin[bug]} seeds`);
});
