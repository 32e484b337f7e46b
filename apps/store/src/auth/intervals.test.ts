import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inRange, keyRange, type KeyRange } from '@rhythm/mvcc';
import { isGrantable, KeyIntervals } from './intervals.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const range = (key: string, end = ''): KeyRange => keyRange(bytes(key), bytes(end));

test('grants that touch or overlap count as one', () => {
  const set = new KeyIntervals([range('c', 'e'), range('a', 'c'), range('d', 'f'), range('x')]);
  expect(set.contains(range('a', 'f'))).toBe(true);
  expect(set.contains(range('a', 'g'))).toBe(false);
  expect(set.contains(range('x'))).toBe(true);
  expect(set.contains(range('x', 'y'))).toBe(false);
  expect(set.contains(range('a', '\0'))).toBe(false);
  expect(new KeyIntervals([range('b', '\0')]).contains(range('c', '\0'))).toBe(true);
  expect(new KeyIntervals([range('b')]).contains(range('b', '\0'))).toBe(false);
});

test('a set without grants holds nothing, and a range that is upside down needs its beginning', () => {
  expect(new KeyIntervals([]).contains(range('a'))).toBe(false);
  expect(new KeyIntervals([range('b', 'a')]).contains(range('b'))).toBe(false);
  expect(new KeyIntervals([range('b', 'c')]).contains(range('b', 'a'))).toBe(true);
  expect(new KeyIntervals([range('b', 'c')]).contains(range('d', 'a'))).toBe(false);
});

test('holds a range exactly when each of its keys is granted', () => {
  // Every key of up to two letters out of two: enough to tell all intervals over them apart.
  const letters = ['', 'a', 'b'];
  const keys = [...new Set(letters.flatMap((one) => letters.flatMap((two) => ['', '\0', 'a'].map((three) => one + two + three))))].filter((key) => key !== '');
  const key = fc.constantFrom(...keys);
  const end = fc.constantFrom('', '\0', ...keys);
  fc.assert(
    fc.property(fc.array(fc.tuple(key, end), { maxLength: 5 }), key, end, (grants, start, stop) => {
      const granted = grants.map(([from, to]) => range(from, to));
      const asked = range(start, stop);
      if (asked.end !== undefined && asked.end <= asked.start) return;
      if (!new KeyIntervals(granted).contains(asked)) return;
      for (const each of keys) if (inRange(asked, each)) expect(granted.some((one) => inRange(one, each))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('refuses grants of nothing', () => {
  expect(isGrantable(bytes('a'), bytes(''))).toBe(true);
  expect(isGrantable(bytes('a'), bytes('\0'))).toBe(true);
  expect(isGrantable(bytes('a'), bytes('b'))).toBe(true);
  expect(isGrantable(bytes('b'), bytes('a'))).toBe(false);
  expect(isGrantable(bytes('a'), bytes('a'))).toBe(false);
  expect(isGrantable(bytes(''), bytes('a'))).toBe(false);
});
