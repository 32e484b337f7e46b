import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { settlePromises, VirtualClock } from '@rhythm/base';
import { beforeEach, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { encodeStored } from '../stored/stored-form.ts';
import { entryOf } from './entry.ts';
import { Change } from './history.ts';
import { Rounds, type Listener, type Round } from './rounds.ts';
import { Watcher } from './watcher.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const prefix = '/registry/configmaps/';
let clock: VirtualClock;
let rounds: Rounds;
let revision = 0;
/** Milliseconds that telling has taken. */
let worked = 0;
const now = (): number => clock.monotonic() + worked;

beforeEach(() => {
  clock = new VirtualClock();
  rounds = new Rounds({ monotonic: now, setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback) });
  revision = 0;
  worked = 0;
});

/** A watch, and the batches of revisions that it hands out. */
function open(bookmarks = false): { readonly watcher: Watcher; readonly told: number[][] } {
  const watcher = new Watcher({ prefix }, 0, [], { bookmarks, rounds, onEnd: () => undefined });
  const told: number[][] = [];
  const take = (): void => {
    for (let batch = watcher.next(); batch !== undefined; batch = watcher.next()) told.push(batch.map((event) => (event.type === 'BOOKMARK' ? -event.revision : event.entry.revision)));
    if (!watcher.ended) watcher.whenReady(take);
  };
  take();
  return { watcher, told };
}

function change(size = 0): Change {
  revision++;
  return new Change(kind, revision, entryOf(kind, { key: `${prefix}d/a`, modRevision: revision, value: encodeStored(kind, { metadata: { name: 'a' }, data: { pad: 'x'.repeat(size) } } as never) }), undefined);
}

/** Takes `ms` to be told. */
class Slow implements Listener {
  round: Round | undefined;
  readonly wokenAt: number[] = [];
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  wake(): void {
    this.wokenAt.push(now());
    worked += this.#ms;
  }
}

test('a watch at rest is told in the same turn; what comes soon after is told together, in order', async () => {
  const { watcher, told } = open();
  watcher.offer(change());
  watcher.offer(change());
  await settlePromises();
  expect(told).toEqual([[1, 2]]);
  for (let n = 0; n < 3; n++) {
    watcher.offer(change());
    await clock.advance(1);
  }
  expect(told).toEqual([[1, 2]]);
  await clock.advance(limits.watchRestMinMs - 3);
  expect(told).toEqual([[1, 2], [3, 4, 5]]);
  // The rest begins anew.
  watcher.offer(change());
  await settlePromises();
  expect(told).toHaveLength(2);
  await clock.advance(limits.watchRestMinMs);
  expect(told[2]).toEqual([6]);
  await clock.advance(limits.watchRestMinMs);
  watcher.offer(change());
  await settlePromises();
  expect(told[3]).toEqual([7]);
});

test('one that has rested does not wait for one that has not', async () => {
  const [busy, idle] = [open(), open()];
  busy.watcher.offer(change());
  await settlePromises();
  const next = change();
  busy.watcher.offer(next);
  idle.watcher.offer(next);
  await settlePromises();
  expect([busy.told, idle.told]).toEqual([[[1]], [[2]]]);
  await clock.advance(limits.watchRestMinMs);
  expect(busy.told).toEqual([[1], [2]]);
});

test('an end, and much that has gathered, leave at once', async () => {
  const { watcher, told } = open(true);
  watcher.offer(change());
  await settlePromises();
  watcher.offer(change());
  watcher.offer(change(limits.watchGatherBytesMax));
  await settlePromises();
  expect(told).toEqual([[1], [2, 3]]);
  watcher.offer(change());
  watcher.bookmark(revision);
  watcher.end();
  await settlePromises();
  expect(told).toEqual([[1], [2, 3], [4, -4]]);
});

test('the rest is a multiple of what telling took, within limits', async () => {
  const restOf = async (ms: number): Promise<number> => {
    const slow = new Slow(ms);
    rounds.add(slow);
    await settlePromises();
    rounds.add(slow);
    await settlePromises();
    expect(slow.wokenAt).toHaveLength(1);
    const told = now();
    await clock.advance(limits.watchRestMaxMs);
    return (slow.wokenAt[1] ?? Number.NaN) - told;
  };
  expect(await restOf(0.5)).toBe(limits.watchRestMinMs);
  expect(await restOf(10)).toBe(10 * limits.watchRestFactor);
  expect(await restOf(1_000)).toBe(limits.watchRestMaxMs);
});

test('requests get their turn while many are told, and all of those rest from the end on', async () => {
  const listeners = Array.from({ length: 100 }, () => new Slow(1));
  for (const listener of listeners) rounds.add(listener);
  await settlePromises();
  const first = listeners.filter(({ wokenAt }) => wokenAt.length > 0).length;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(50);
  // Told already, and not again before the others.
  rounds.add(listeners[0] as Slow);
  for (let n = 0; n < 100; n++) {
    await clock.advance(0);
  }
  expect(listeners.map(({ wokenAt }) => wokenAt.length)).toEqual(listeners.map(() => 1));
  expect(new Set(listeners.map(({ round }) => round)).size).toBe(1);
  await clock.advance(limits.watchRestMaxMs);
  expect(listeners[0]?.wokenAt).toHaveLength(2);
});
