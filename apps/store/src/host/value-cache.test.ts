import { expect, test } from 'vitest';
import { placeOf, ValueCache } from './value-cache.ts';

test('holds no more than its bytes, the newest, whatever comes and goes', () => {
  const cache = new ValueCache(100_000);
  for (let at = 0; at < 1_000; at++) {
    cache.set(`k${at}`, Buffer.alloc(1_000 + (at % 7) * 100));
    if (at % 5 === 0) cache.delete(`k${at - 3}`);
    expect(cache.bytes).toBeLessThanOrEqual(100_000);
  }
  let held = 0;
  for (let at = 0; at < 1_000; at++) held += cache.get(`k${at}`)?.length ?? 0;
  // What is counted is what is there, and what is needed to find it.
  expect(held).toBeLessThanOrEqual(cache.bytes);
  expect(held).toBeGreaterThan(80_000);
  expect(cache.get('k999')).toBeDefined();
  expect(cache.get('k0')).toBeUndefined();
  for (let at = 0; at < 1_000; at++) cache.delete(`k${at}`);
  expect(cache.bytes).toBe(0);
});

test('a value that is larger than all of it is not kept', () => {
  const cache = new ValueCache(1_000);
  cache.set('a', Buffer.alloc(10));
  cache.set('b', Buffer.alloc(2_000));
  expect(cache.get('b')).toBeUndefined();
  expect(cache.bytes).toBeLessThanOrEqual(1_000);
});

test('the changes of one transaction have places of their own', () => {
  const places = [{ main: 1, sub: 0 }, { main: 1, sub: 1 }, { main: 11, sub: 0 }, { main: 1, sub: 10 }].map(placeOf);
  expect(new Set(places).size).toBe(places.length);
});
