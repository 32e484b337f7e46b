import { expect, test } from 'vitest';
import { deepEqual } from './deep-equal.ts';

test.each<[unknown, unknown, boolean]>([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: 1 }, { a: 1, b: null }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [{}, JSON.parse('{"__proto__":{}}'), false],
  [{ toString: 1 }, {}, false],
  [null, {}, false],
])('%j and %j', (a, b, equal) => {
  expect(deepEqual(a, b)).toBe(equal);
  expect(deepEqual(b, a)).toBe(equal);
});
