import { expect, test } from 'vitest';
import { initialState, stepProbe } from './probe-state.ts';

test('before the first result: alive and not ready', () => {
  expect(initialState('liveness').verdict).toBe(true);
  expect(initialState('readiness').verdict).toBe(false);
});

test('a verdict turns only after its threshold in a row', () => {
  const probe = { failureThreshold: 3, successThreshold: 2 };
  let state = initialState('readiness');
  const seen = Array.from('sfssffsfff').map((result) => (state = stepProbe(state, result === 's', probe)).verdict);
  expect(seen).toEqual([false, false, false, true, true, true, true, true, true, false]);
});

test('defaults: one success, three failures', () => {
  let state = initialState('liveness');
  expect(Array.from('ffsfff').map((result) => (state = stepProbe(state, result === 's', {})).verdict)).toEqual([true, true, true, true, true, false]);
});

test('what was published of the same container holds until the first result', () => {
  expect(initialState('readiness', true).verdict).toBe(true);
  expect(initialState('startup', true).verdict).toBe(true);
  expect(initialState('startup').verdict).toBeUndefined();
});
