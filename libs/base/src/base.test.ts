import { expect, test } from 'vitest';
import { AssertionError, assert } from './assert.ts';
import { backoffDelay } from './backoff.ts';
import { causeChain, toError } from './error.ts';
import { randomSuffix, randomUuid, seededRandom } from './random.ts';
import { formatMicroTime, formatTime, parseTime } from './time.ts';

test('a cause chain is one line, outermost first, without repetition, and ends', () => {
  const inner = new Error('no such file');
  expect(causeChain(new Error('cannot start', { cause: new Error('cannot read x: no such file', { cause: inner }) }))).toBe('cannot start: cannot read x: no such file');
  const loop = new Error('round');
  loop.cause = loop;
  expect(causeChain(loop)).toBe('round');
});

test('anything thrown becomes an error that keeps it', () => {
  expect(toError('text').message).toBe('text');
  expect(toError({ code: 7 })).toMatchObject({ message: '{"code":7}', cause: { code: 7 } });
});

test('back-off doubles to its maximum; jitter only shortens it', () => {
  const options = { initialMs: 100, maxMs: 1000, factor: 2, jitter: 0 };
  expect([0, 1, 2, 3, 4].map((attempt) => backoffDelay(options, attempt, seededRandom(1)))).toEqual([100, 200, 400, 800, 1000]);
  for (let seed = 0; seed < 50; seed++) {
    const delay = backoffDelay({ ...options, jitter: 0.5 }, 2, seededRandom(seed));
    expect(delay).toBeGreaterThanOrEqual(200);
    expect(delay).toBeLessThanOrEqual(400);
  }
});

test('a seed repeats; names and uuids have their forms', () => {
  expect(randomUuid(seededRandom(3))).toBe(randomUuid(seededRandom(3)));
  expect(randomUuid(seededRandom(3))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(randomSuffix(seededRandom(3))).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test.each([
  ['2026-01-02T03:04:05Z', 1767323045000],
  ['2026-01-02T03:04:05.123456Z', 1767323045123],
  ['2026-01-02T05:04:05+02:00', 1767323045000],
  ['2026-01-02', undefined],
  ['2026-13-02T03:04:05Z', undefined],
  ['', undefined],
])('parses %s', (text, at) => {
  expect(parseTime(text)).toBe(at);
});

test('formats as Kubernetes does', () => {
  expect([formatTime(1767323045999), formatMicroTime(1767323045123)]).toEqual(['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123000Z']);
});

test('an assertion names what should hold', () => {
  expect(() => assert([].length > 0, 'one is above two')).toThrow(new AssertionError('invariant broken: one is above two'));
});
