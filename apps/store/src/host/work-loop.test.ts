import { expect, it } from 'vitest';
import { WorkLoop } from './work-loop.ts';

it('does what is asked for right after a batch found nothing to do', async () => {
  const waiting = ['first'];
  const done: string[] = [];
  const failed = (error: Error): never => {
    throw error;
  };
  const loop: WorkLoop = new WorkLoop({
    nextTurn: queueMicrotask,
    failed,
    step: async () => {
      const next = waiting.shift();
      // It has looked, and will say so in the next microtask.
      if (next === undefined && done.length === 1) {
        queueMicrotask(() => {
          waiting.push('second');
          loop.soon();
        });
      }
      if (next !== undefined) done.push(next);
      return next !== undefined;
    },
  });
  await loop.run();
  expect(done).toEqual(['first', 'second']);
});

it('ends when nothing was asked for', async () => {
  let steps = 0;
  const loop = new WorkLoop({ nextTurn: queueMicrotask, failed: () => undefined, step: async () => ++steps < 3 });
  await loop.run();
  await loop.settled();
  expect(steps).toBe(3);
});
