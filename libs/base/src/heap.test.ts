import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from './heap.ts';

test('gives what a sorted array would, through any mix of pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -5, max: 5 }))), (commands) => {
      const heap = new Heap<number>((a, b) => a - b);
      const sorted: number[] = [];
      for (const value of commands) {
        if (value === null) expect(heap.pop()).toBe(sorted.shift());
        else {
          heap.push(value);
          sorted.push(value);
          sorted.sort((a, b) => a - b);
        }
        expect([heap.size, heap.peek()]).toEqual([sorted.length, sorted[0]]);
      }
    }),
  );
});
