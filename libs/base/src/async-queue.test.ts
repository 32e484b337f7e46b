import { expect, test } from 'vitest';
import { AsyncQueue, QueueFullError } from './async-queue.ts';

async function collect<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

test('delivers in order, before and after somebody waits', async () => {
  const queue = new AsyncQueue<number>(10);
  queue.push(1);
  const collected = collect(queue);
  queue.push(2);
  await Promise.resolve();
  queue.push(3);
  queue.end();
  queue.push(4);
  expect(await collected).toEqual([1, 2, 3]);
});

test('refuses what is over its length', () => {
  const queue = new AsyncQueue<number>(2);
  queue.push(1);
  queue.push(2);
  expect(() => queue.push(3)).toThrow(QueueFullError);
  expect(queue.length).toBe(2);
});

test('what is queued comes before the error it ended with', async () => {
  const queue = new AsyncQueue<number>(2);
  queue.push(1);
  queue.end(new Error('broken'));
  expect(await queue.next()).toEqual({ value: 1, done: false });
  await expect(queue.next()).rejects.toThrow('broken');
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

test('an error reaches the one who waits', async () => {
  const queue = new AsyncQueue<number>(1);
  const waiting = queue.next();
  queue.end(new Error('broken'));
  await expect(waiting).rejects.toThrow('broken');
});

test('a consumer that leaves ends the queue and drops the rest', async () => {
  const queue = new AsyncQueue<number>(3);
  [1, 2, 3].forEach((item) => queue.push(item));
  for await (const item of queue) if (item === 1) break;
  expect([queue.ended, queue.length]).toEqual([true, 0]);
});
