import { expect, test } from 'vitest';
import { withTimeout } from './clock.ts';
import { VirtualClock } from './virtual-clock.ts';

test('timers fire in order of time, then of creation, and only when time comes', async () => {
  const clock = new VirtualClock(0);
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push('late'));
  clock.setTimer(10, () => fired.push('first'));
  clock.setTimer(10, () => fired.push('second'));
  clock.setTimer(5, () => fired.push('cancelled')).cancel();
  await clock.advance(9);
  expect(fired).toEqual([]);
  await clock.advance(1);
  expect(fired).toEqual(['first', 'second']);
  await clock.advance(100);
  expect(fired).toEqual(['first', 'second', 'late']);
  expect(clock.now()).toBe(110);
});

test('a timer sees its own time, and one that it sets fires within the same advance', async () => {
  const clock = new VirtualClock(0);
  const seen: number[] = [];
  clock.setTimer(10, () => {
    seen.push(clock.now());
    clock.setTimer(10, () => seen.push(clock.now()));
  });
  await clock.advance(50);
  expect(seen).toEqual([10, 20]);
});

test('chains of promises run to their end between timers', async () => {
  const clock = new VirtualClock(0);
  let steps = 0;
  void (async () => {
    for (let i = 0; i < 1000; i++) {
      await Promise.resolve();
      steps++;
    }
  })();
  await clock.advance(0);
  expect(steps).toBe(1000);
});

test('sleep ends with its time or with its signal', async () => {
  const clock = new VirtualClock(0);
  const controller = new AbortController();
  const woke = clock.sleep(10).then(() => 'woke');
  const stopped = clock.sleep(10, controller.signal).catch((error: Error) => error.message);
  controller.abort(new Error('stop'));
  await clock.advance(10);
  expect([await woke, await stopped]).toEqual(['woke', 'stop']);
  await expect(clock.sleep(10, controller.signal)).rejects.toThrow('stop');
});

test('withTimeout aborts after its time, with its parent, or not at all', async () => {
  const clock = new VirtualClock(0);
  const late = (): Error => new Error('late');
  const parent = new AbortController();
  const [timed, parented, cancelled] = [withTimeout(clock, 10, late), withTimeout(clock, 100, late, parent.signal), withTimeout(clock, 10, late)];
  cancelled.cancel();
  parent.abort(new Error('parent'));
  await clock.advance(20);
  expect([timed, parented, cancelled].map(({ signal }) => (signal.reason as Error | undefined)?.message)).toEqual(['late', 'parent', undefined]);
  expect(withTimeout(clock, 10, late, parent.signal).signal.aborted).toBe(true);
});
