import { kindRegistry } from '@rhythm/api';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { memoryStore } from '@rhythm/store-client';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { encodeStored, withRevision } from '../stored/stored-form.ts';
import { CacheMemory } from './cache-memory.ts';
import { recentSlabsMax, slabBytes } from './slabs.ts';
import { WatchCache } from './watch-cache.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') ?? expect.fail('configmaps are served');
const keyOf = (at: number): string => `/registry/configmaps/d/map-${at}`;
const valueOf = (turn: number): Buffer => encodeStored(kind, { metadata: { name: 'map', namespace: 'd' }, data: { turn: String(turn), pad: 'x'.repeat(8_000) } } as never);

test('after a flood of changes a cache holds its objects and its share of the past, and when it is stopped nothing', async () => {
  const store = memoryStore();
  const memory = new CacheMemory();
  const cache = new WatchCache(kind, { store, clock: new VirtualClock(), random: seededRandom(1), log: silentLog, memory });
  const objects = 100;
  for (let at = 0; at < objects; at++) await store.txn([], [{ kind: 'put', key: keyOf(at), value: valueOf(0) }]);
  await cache.ready();
  expect(memory.slabs.live).toBe(cache.bytes);
  let last = 0;
  // Twice as many bytes as are kept of the past, and objects that go.
  const rounds = Math.ceil((2 * limits.historyBytesMax) / 8_000 / (objects / 2));
  for (let turn = 1; turn <= rounds; turn++) {
    const value = valueOf(turn);
    last = (await store.txn([], Array.from({ length: objects / 2 }, (_, at) => ({ kind: 'put', key: keyOf(2 * at + (turn % 2)), value }) as const))).revision;
  }
  for (let at = 0; at < objects; at += 2) last = (await store.txn([], [{ kind: 'delete', key: keyOf(at) }])).revision;
  await cache.waitFor(last);
  expect(cache.size).toBe(objects / 2);
  expect(memory.histories.bytes).toBeLessThanOrEqual(limits.historyBytesMax);
  expect(memory.histories.bytes).toBeGreaterThan(limits.historyBytesMax / 2);
  // They are all alike, so a fraction of their bytes is enough.
  expect(memory.slabs.live).toBeLessThan((cache.bytes + limits.historyBytesMax) / 4);
  expect(memory.slabs.bytes).toBeLessThanOrEqual(2.1 * memory.slabs.live + (2 + recentSlabsMax) * slabBytes);
  for (let at = 1; at < objects; at += 2) expect(Buffer.compare(cache.get(keyOf(at))?.bytes ?? Buffer.alloc(0), withRevision(kind, valueOf(rounds - ((rounds + at) % 2)), cache.get(keyOf(at))?.revision ?? 0))).toBe(0);
  await cache.stop();
  expect([memory.slabs.live, memory.histories.bytes]).toEqual([0, 0]);
  await store.close();
});
