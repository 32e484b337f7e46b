import { expect, test } from 'vitest';
import { SchedulingQueue, unschedulableMsMax } from './queue.ts';
import { aPod } from './testing.ts';

const name = (pod: { metadata: { name?: string } } | undefined): string | undefined => pod?.metadata.name;

test('higher priority first, then the older', () => {
  const queue = new SchedulingQueue();
  queue.set(aPod('old'));
  queue.set(aPod('young'));
  queue.set(aPod('vip', { spec: { priority: 10 } }));
  expect([name(queue.take()), name(queue.take()), name(queue.take()), queue.take()]).toEqual(['vip', 'old', 'young', undefined]);
});

test('an unschedulable pod waits for an event, then for its back-off', () => {
  const queue = new SchedulingQueue();
  queue.set(aPod('a'));
  queue.take();
  queue.putBack('uid-a', 1000, 'unschedulable');
  expect(queue.release(1400)).toBe(1000 + unschedulableMsMax);
  expect(queue.take()).toBeUndefined();
  queue.wake(1500);
  expect(queue.take()).toBeUndefined();
  expect(queue.release(2000)).toBeUndefined();
  expect(name(queue.take())).toBe('a');
});

test('an event during the try is not lost', () => {
  const queue = new SchedulingQueue();
  queue.set(aPod('a'));
  queue.take();
  queue.wake(0);
  queue.putBack('uid-a', 0, 'unschedulable');
  expect(queue.release(0)).toBe(1000);
});

test('back-off doubles up to ten seconds', () => {
  const queue = new SchedulingQueue();
  queue.set(aPod('a'));
  const delays: (number | undefined)[] = [];
  for (let now = 0, round = 0; round < 6; round++, now += 20_000) {
    queue.release(now);
    expect(name(queue.take())).toBe('a');
    queue.putBack('uid-a', now, 'error');
    delays.push((queue.release(now) ?? 0) - now);
  }
  expect(delays).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('a deleted pod is never taken', () => {
  const queue = new SchedulingQueue();
  queue.set(aPod('a'));
  queue.delete('uid-a');
  expect(queue.take()).toBeUndefined();
  expect(queue.size).toBe(0);
});

test('a changed spec is tried at once; a changed status is not', () => {
  const queue = new SchedulingQueue();
  queue.set(aPod('a'));
  queue.take();
  queue.putBack('uid-a', 0, 'unschedulable');
  queue.set({ ...aPod('a'), status: { phase: 'Pending' } });
  expect(queue.take()).toBeUndefined();
  queue.set(aPod('a', { spec: { nodeSelector: { a: 'b' } } }));
  expect(name(queue.take())).toBe('a');
});
