import { expect, it } from 'vitest';
import { linearize, type Operation } from './linearizability.ts';

const put = (start: number, end: number, value: string): Operation<string> => ({ start, end, text: `put ${value}`, step: () => value });
const get = (start: number, end: number, value: string): Operation<string> => ({ start, end, text: `get ${value}`, step: (state) => (state === value ? state : undefined) });
const verdict = (...operations: Array<Operation<string>>): boolean | undefined => linearize(operations, '', (state) => state).isLinearizable;

it('finds the order of operations that overlap', () => {
  expect(verdict(put(0, 10, 'a'), put(1, 9, 'b'), get(2, 3, 'b'), get(4, 5, 'a'))).toBe(true);
  expect(verdict(put(0, 10, 'a'), put(1, 9, 'b'), get(2, 3, 'b'), get(4, 5, 'a'), get(6, 7, 'b'))).toBe(false);
});

it('notices a stale read', () => {
  expect(verdict(put(0, 1, 'a'), put(2, 3, 'b'), get(4, 5, 'a'))).toBe(false);
  expect(verdict(put(0, 1, 'a'), put(2, 5, 'b'), get(4, 6, 'a'))).toBe(true);
});

it('lets what was not answered happen late, once, or never', () => {
  const lost = put(0, Infinity, 'lost');
  expect(verdict(lost, put(1, 2, 'a'), get(3, 4, 'a'))).toBe(true);
  expect(verdict(lost, put(1, 2, 'a'), get(3, 4, 'a'), get(5, 6, 'lost'))).toBe(true);
  expect(verdict(lost, put(1, 2, 'a'), get(3, 4, 'lost'), put(5, 6, 'b'), get(7, 8, 'lost'))).toBe(false);
});

it('says how far it came', () => {
  const { longest, state } = linearize([put(0, 1, 'a'), put(2, 3, 'b'), get(4, 5, 'a')], '', (each) => each);
  expect([longest.map(({ text }) => text), state]).toEqual([['put a', 'put b'], 'b']);
});
