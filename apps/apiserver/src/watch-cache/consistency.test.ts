import { memoryStore, type ProgressMode } from '@rhythm/store-client';
import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { HeldStore, settled, testApi, type TestApi } from '../testing.ts';

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

let api: TestApi;
afterEach(() => api.stop());

const names = (list: List): string[] => list.items.map((item) => item.metadata.name);
const configMap = (name: string): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name } });

/** Time passes until the work is done. */
async function withTime<T>(work: Promise<T>): Promise<T> {
  let done = false;
  void work.then(
    () => (done = true),
    () => (done = true),
  );
  for (let turn = 0; turn < 100 && !done; turn++) await api.clock.advance(50);
  return work;
}

describe.each<ProgressMode>(['pushed', 'requested', 'none'])('a store whose progress is %s', (mode) => {
  test('a list shows every acknowledged write, also after writes to another prefix', async () => {
    const store = new HeldStore(memoryStore(), mode);
    api = testApi({ store });
    for (let round = 0; round < 4; round++) {
      await api.call('create', 'v1/ns/default/configmaps', configMap(`c${round}`));
      // The revision moves on where the watch on configmaps sees nothing.
      await api.call('create', 'v1/ns/default/secrets', { kind: 'Secret', apiVersion: 'v1', metadata: { name: `s${round}` } });
      const list = await withTime(api.call<List>('list', 'v1/ns/default/configmaps'));
      expect(names(list)).toHaveLength(round + 1);
      expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual((await store.range('/none', { countOnly: true })).revision);
    }
  });

  test('with its watch held back, a list waits a bounded time and then reads through', async () => {
    const store = new HeldStore(memoryStore(), mode);
    api = testApi({ store });
    await withTime(api.call('list', 'v1/ns/default/configmaps', undefined, { resourceVersion: '0' }));
    await settled(api.clock);
    store.hold();
    await api.call('create', 'v1/ns/default/configmaps', configMap('late'));
    const before = api.clock.now();
    const list = await withTime(api.call<List>('list', 'v1/ns/default/configmaps'));
    expect(names(list)).toEqual(['late']);
    expect(api.clock.now() - before).toBeLessThanOrEqual(limits.freshnessWaitMs + 100);
    // resourceVersion 0 asks for whatever is there, and that is what it gets.
    expect(names(await api.call<List>('list', 'v1/ns/default/configmaps', undefined, { resourceVersion: '0' }))).toEqual([]);
    store.release();
  });
});

test('one progress request serves all who wait, and stops when nobody does', async () => {
  const store = new HeldStore(memoryStore(), 'requested');
  api = testApi({ store });
  await withTime(api.call('list', 'v1/ns/default/configmaps'));
  const before = store.progressRequests;
  await api.call('create', 'v1/ns/default/secrets', { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' } });
  await withTime(Promise.all(Array.from({ length: 20 }, () => api.call('list', 'v1/ns/default/configmaps'))));
  expect(store.progressRequests - before).toBeLessThanOrEqual(2);
  const after = store.progressRequests;
  await api.clock.advance(5_000);
  expect(store.progressRequests).toBe(after);
});

test('a version from the future is refused after the wait, with what the client may do', async () => {
  api = testApi();
  const list = api.call('list', 'v1/ns/default/configmaps', undefined, { resourceVersion: '999999', resourceVersionMatch: 'NotOlderThan' });
  await expect(withTime(list)).rejects.toMatchObject({ reason: 'Timeout', code: 504, details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] } });
});
