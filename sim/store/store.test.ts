import { describe, expect, it } from 'vitest';
import { hostPlants, type HostPlant } from '@rhythm/store/parts';
import { acknowledgedMin, runStore } from './run.ts';

// Processor time is seconds; a busy machine may take longer.
describe('whole members under faults', { timeout: 240_000 }, () => {
  it.each([1, 2, 3, 258])('keep every promise: seed %i', async (seed) => {
    const { violation, acknowledged, counts } = await runStore(seed);
    expect(violation, `replay with npm run sim -- --seed ${seed} --part store`).toBeUndefined();
    expect(acknowledged).toBeGreaterThanOrEqual(acknowledgedMin);
    // A history that the search gives up on proves nothing.
    expect(counts.get('undecided') ?? 0).toBe(0);
  });

  it('replay a seed exactly', async () => {
    const [one, two] = [await runStore(2), await runStore(2)];
    expect([...two.counts]).toEqual([...one.counts]);
    expect(two.acknowledged).toBe(one.acknowledged);
  });
});

/** Within how many seeds each planted bug is noticed. */
const caughtWithin: Readonly<Record<(typeof hostPlants)[number], number>> = {
  'answer-before-sync': 20,
  'log-cut-before-sync': 3,
  'lost-lease-checkpoint': 6,
  'applied-index-apart': 4,
  'watch-skips-at-compaction': 10,
  'watch-skips-on-resume': 3,
  'progress-ahead-of-stream': 3,
  'previous-value-of-wrong-revision': 2,
  'future-watch-starts-now': 3,
  'snapshot-without-membership': 6,
};
/** The first seed that is tried, where it is not 1: this plant shows only where members change while one is behind by a snapshot. */
const triedFrom: Partial<typeof caughtWithin> = { 'snapshot-without-membership': 28 };

it.each(hostPlants)('the checkers notice a planted bug: %s', { timeout: 240_000 }, async (plant: HostPlant) => {
  const most = caughtWithin[plant as keyof typeof caughtWithin];
  const first = triedFrom[plant as keyof typeof caughtWithin] ?? 1;
  for (let seed = first; seed < first + most; seed++) if ((await runStore(seed, plant)).violation !== undefined) return;
  expect.fail(`not noticed in ${most} seeds from ${first} on`);
});
