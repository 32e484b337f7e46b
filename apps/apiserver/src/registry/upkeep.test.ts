import { VirtualClock } from '@rhythm/base';
import { memoryStore } from '@rhythm/store-client';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { testApi } from '../testing.ts';
import { compactOnce } from './compactor.ts';
import { EventLeases } from './event-leases.ts';

test('events of a few minutes share a lease, and a failed one is asked for again', async () => {
  const clock = new VirtualClock();
  let granted = 0n;
  const leases = new EventLeases({ leaseGrant: () => (++granted === 2n ? Promise.reject(new Error('no')) : Promise.resolve(granted)) }, clock);
  expect([await leases.current(), await leases.current()]).toEqual([1n, 1n]);
  await clock.advance(limits.eventLeaseSeconds * 1000);
  await expect(leases.current()).rejects.toThrow('no');
  expect(await leases.current()).toBe(3n);
});

test('an event goes away by itself', async () => {
  const clock = new VirtualClock();
  const api = testApi({ clock, store: memoryStore({ clock }) });
  await api.call('create', 'v1/ns/default/events', { kind: 'Event', apiVersion: 'v1', metadata: { name: 'e', namespace: 'default' }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' }, reason: 'R', type: 'Normal' });
  await api.call('create', 'v1/ns/default/configmaps', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c' } });
  await clock.advance((limits.eventSeconds + limits.eventLeaseSeconds + 5) * 1000);
  await expect(api.call('get', 'v1/ns/default/events/e')).rejects.toMatchObject({ reason: 'NotFound' });
  await api.call('get', 'v1/ns/default/configmaps/c');
  await api.stop();
});

test('of two servers one compacts, and never what was current less than a period ago', async () => {
  const store = memoryStore();
  const write = (): Promise<unknown> => store.txn([], [{ kind: 'put', key: '/registry/x', value: Buffer.from('1') }]);
  let [a, b] = [
    { seen: 0, revision: 0, compacted: false },
    { seen: 0, revision: 0, compacted: false },
  ];
  a = await compactOnce(store, a.seen, a.revision);
  b = await compactOnce(store, b.seen, b.revision);
  expect([a.compacted, b.compacted]).toEqual([false, false]);
  await write();
  const before = a.revision;
  a = await compactOnce(store, a.seen, a.revision);
  b = await compactOnce(store, b.seen, b.revision);
  expect([a.compacted, b.compacted]).toEqual([true, false]);
  await expect(store.range('/registry/x', { revision: before - 1 })).rejects.toMatchObject({ kind: 'Compacted' });
  await store.range('/registry/x', { revision: before });
});
