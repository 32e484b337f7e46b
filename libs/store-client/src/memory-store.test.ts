import { expect, it } from 'vitest';
import { VirtualClock } from '@rhythm/base';
import { memoryStore } from './memory-store.ts';
import { storeSuite } from './suite.ts';

storeSuite('memory', async () => {
  const store = memoryStore();
  return { store, close: () => store.close() };
});

it('deletes the keys of a lease that runs out', async () => {
  const clock = new VirtualClock();
  const store = memoryStore({ clock });
  const lease = await store.leaseGrant(10);
  await store.txn([], [{ kind: 'put', key: 'a', value: Uint8Array.of(1), lease }]);
  await clock.advance(9_999);
  expect((await store.range('a')).values).toHaveLength(1);
  await clock.advance(2);
  expect((await store.range('a')).values).toHaveLength(0);
  await store.close();
});
