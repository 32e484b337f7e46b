import { expect, test } from 'vitest';
import { seededRandom } from './index.ts';
import { repeatedly } from './repeatedly.ts';
import { VirtualClock } from './virtual-clock.ts';

const backoff = { initialMs: 100, maxMs: 400, factor: 2, jitter: 0 };

test('pauses grow up to their limit, and failures are counted', async () => {
  const clock = new VirtualClock();
  const asked: Array<[unknown, number]> = [];
  let attempts = 0;
  const done = repeatedly(() => (++attempts > 4 ? attempts : Promise.reject(new Error(`no ${attempts}`))), {
    isPassing: (error, failures) => asked.push([(error as Error).message, failures]) > 0,
    backoff,
    clock,
    random: seededRandom(1),
  });
  await clock.advance(1_099);
  expect(attempts).toBe(4);
  await clock.advance(1);
  expect(await done).toBe(5);
  expect(asked).toEqual([['no 1', 0], ['no 2', 1], ['no 3', 2], ['no 4', 3]]);
});

test('what will not pass is thrown, and a signal ends a pause with its reason', async () => {
  const options = { backoff, clock: new VirtualClock(), random: seededRandom(1) };
  await expect(repeatedly(() => Promise.reject(new Error('for good')), { ...options, isPassing: () => false })).rejects.toThrow('for good');
  const stop = new AbortController();
  const waiting = repeatedly(() => Promise.reject(new Error('once more')), { ...options, isPassing: () => true, signal: stop.signal });
  const outcome = expect(waiting).rejects.toThrow('stopping');
  stop.abort(new Error('stopping'));
  await outcome;
});
