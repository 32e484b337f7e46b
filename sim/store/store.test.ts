import { describe, expect, it } from 'vitest';
import { bugs, type Bug } from './bugs.ts';
import { acknowledgedMin, runSeed } from './run.ts';

const seeds = 12;

// Processor time is seconds; a busy machine may take longer.
describe('the group under faults', { timeout: 120_000 }, () => {
  it(`keeps every promise in ${seeds} seeds, in which everything that can go wrong does`, () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= seeds; seed++) {
      const outcome = runSeed(seed);
      expect(outcome.violation, `seed ${seed}; replay with npm run sim -- --seed ${seed}`).toBeUndefined();
      expect(outcome.acknowledged, `seed ${seed}`).toBeGreaterThan(acknowledgedMin);
      for (const [kind, count] of outcome.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
    const kinds = ['crash', 'crash in election', 'crash in write', 'cut', 'delay', 'drop', 'duplicate', 'io error', 'isolation', 'lost batches', 'lost unsynced', 'one-way partition', 'pause', 'power cut', 'rival', 'torn write'];
    const others = ['compactions', 'log cuts', 'membership changes', 'snapshots installed', 'snapshots sent', 'transfers', 'watch events', 'watches resumed'];
    for (const kind of [...kinds, ...others]) expect(counts.get(kind), kind).toBeGreaterThan(0);
    // Histories with many lost answers can be too much for the search; it must decide nearly all of the six of each seed.
    expect(counts.get('undecided') ?? 0).toBeLessThan(seeds * 6 * 0.06);
  });

  it('replays a seed exactly', () => {
    const [one, two] = [runSeed(3), runSeed(3)];
    expect([...two.counts]).toEqual([...one.counts]);
    expect(two.acknowledged).toBe(one.acknowledged);
  });
});

/** Within how many seeds each planted bug is caught. */
const caughtWithin: Readonly<Record<Exclude<Bug, 'commit-older-terms' | 'stale-read-index'>, number>> = {
  'vote-not-persisted': 20,
  'log-cut-before-sync': 3,
  'apply-twice-after-crash': 3,
  'snapshot-without-membership': 3,
  'answer-before-sync': 10,
  'watch-skips-on-resume': 3,
};

/**
 * Random faults have not caught these two: they need the very sequences that libs/raft plays step by step (the paper's figure 8, in node.test.ts,
 * and a read at a leader that was cut off, in testdata/read-index.txt).
 */
const random = bugs.filter((bug) => bug !== 'commit-older-terms' && bug !== 'stale-read-index');

it.each(random)('the checkers notice a planted bug: %s', { timeout: 120_000 }, (bug) => {
  for (let seed = 1; seed <= caughtWithin[bug]; seed++) if (runSeed(seed, bug).violation !== undefined) return;
  expect.fail(`not noticed in ${caughtWithin[bug]} seeds`);
});
