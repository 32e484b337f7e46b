import { expect, test } from 'vitest';
import { PassLoop, type PassLoopOptions } from './pass-loop.ts';
import { seededRandom } from './random.ts';
import { settlePromises, VirtualClock } from './virtual-clock.ts';

const stopping = new Error('the test is over');

interface Seen {
  readonly clock: VirtualClock;
  readonly loop: PassLoop;
  /** When passes began, after the start of the clock. */
  readonly began: number[];
  readonly failures: unknown[];
}

/** A loop whose n-th pass does `passes[n]`; those beyond do nothing. */
function made(passes: ReadonlyArray<(signal: AbortSignal) => Promise<void>>, more: Partial<PassLoopOptions> = {}): Seen {
  const clock = new VirtualClock(0);
  const [began, failures]: [number[], unknown[]] = [[], []];
  const loop = new PassLoop({
    pass: async (signal) => {
      began.push(clock.monotonic());
      await passes[began.length - 1]?.(signal);
    },
    failed: (error) => void failures.push(error),
    backoff: { initialMs: 100, maxMs: 300, factor: 2, jitter: 0 },
    clock,
    random: seededRandom(1),
    ...more,
  });
  return { clock, loop, began, failures };
}

const failing = (text: string) => () => Promise.reject(new Error(text));

test('there is no pass before the first trigger, and one for it', async () => {
  const { clock, loop, began } = made([]);
  await clock.advance(1_000);
  expect(began).toEqual([]);
  loop.trigger();
  await settlePromises();
  expect(began).toEqual([1_000]);
});

test('what is triggered while a pass is under way leads to one more, however often', async () => {
  const gate = Promise.withResolvers<void>();
  const { loop, began } = made([() => gate.promise]);
  for (let i = 0; i < 5; i++) loop.trigger();
  await settlePromises();
  expect(began).toHaveLength(1);
  for (let i = 0; i < 5; i++) loop.trigger();
  gate.resolve();
  await settlePromises();
  expect(began).toHaveLength(2);
});

test('a trigger as soon as a pass has ended is not lost', async () => {
  for (let turns = 0; turns < 8; turns++) {
    const gate = Promise.withResolvers<void>();
    const { loop, began } = made([() => gate.promise]);
    loop.trigger();
    await settlePromises();
    gate.resolve();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    loop.trigger();
    await settlePromises();
    expect(began, `after ${turns} turns`).toHaveLength(2);
  }
});

test('failures are told and tried again, later each time up to the most; a success begins the pauses anew', async () => {
  const { clock, loop, began, failures } = made([failing('a'), failing('b'), failing('c'), failing('d'), () => Promise.resolve(), failing('e')]);
  loop.trigger();
  await clock.advance(5_000);
  expect(began).toEqual([0, 100, 300, 600, 900]);
  loop.trigger();
  await clock.advance(5_000);
  expect(began.slice(5)).toEqual([5_000, 5_100]);
  expect(failures.map((error) => (error as Error).message)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a trigger does not cut the pause after a failure short', async () => {
  const { clock, loop, began } = made([failing('a')]);
  loop.trigger();
  await clock.advance(50);
  loop.trigger();
  await clock.advance(49);
  expect(began).toEqual([0]);
  await clock.advance(5_000);
  expect(began).toEqual([0, 100]);
});

test('a burst is gathered into one pass, and passes rest', async () => {
  const { clock, loop, began } = made([], { gatherMs: 50, restMs: 1_000 });
  loop.trigger();
  await clock.advance(49);
  loop.trigger();
  await clock.advance(100);
  expect(began).toEqual([50]);
  loop.trigger();
  await clock.advance(5_000);
  expect(began).toEqual([50, 1_100]);
});

test('passes are also made without a trigger, counted from the last one', async () => {
  const { clock, loop, began } = made([], { everyMs: 1_000 });
  loop.trigger();
  await clock.advance(1_500);
  loop.trigger();
  await clock.advance(1_200);
  expect(began).toEqual([0, 1_000, 1_500, 2_500]);
  await loop.stop(stopping);
  expect(clock.nextTimerAt()).toBeUndefined();
});

test('stopping aborts the pass, waits for its end, and no other begins', async () => {
  const told = Promise.withResolvers<unknown>();
  const end = Promise.withResolvers<void>();
  const { clock, loop, began, failures } = made([
    (signal) => {
      signal.addEventListener('abort', () => told.resolve(signal.reason));
      return end.promise;
    },
  ]);
  loop.trigger();
  await settlePromises();
  let hasStopped = false;
  const stopped = loop.stop(stopping).then(() => (hasStopped = true));
  expect(await told.promise).toBe(stopping);
  loop.trigger();
  await settlePromises();
  expect(hasStopped).toBe(false);
  end.reject(new Error('the pass was aborted'));
  await stopped;
  await clock.advance(10_000);
  expect([began, failures]).toEqual([[0], []]);
});

test('stopping ends a pause', async () => {
  const { loop, began } = made([failing('a')]);
  loop.trigger();
  await settlePromises();
  await loop.stop(stopping);
  loop.trigger();
  await settlePromises();
  expect(began).toEqual([0]);
});
