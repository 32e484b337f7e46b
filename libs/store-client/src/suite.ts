import { describe, expect, it, beforeAll, afterAll } from 'vitest';
import { StoreError, type Store, type WatchBatch } from './store.ts';

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const decode = (value: Uint8Array): string => new TextDecoder().decode(value);

/** Reads batches until `count` events came; gives them and the last batch's revision. */
async function take(batches: AsyncIterator<WatchBatch>, count: number): Promise<{ events: WatchBatch['events'][number][]; revision: number }> {
  const events: WatchBatch['events'][number][] = [];
  let revision = 0;
  while (events.length < count) {
    const next = await batches.next();
    if (next.done === true) throw new Error(`the watch ended after ${events.length} of ${count} events`);
    events.push(...next.value.events);
    revision = next.value.revision;
  }
  return { events, revision };
}

async function failure(work: Promise<unknown>): Promise<StoreError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
}

/**
 * What every `Store` does, run on each adapter. `open` gives a store on an empty or used key space: each test works
 * below a prefix of its own.
 */
export function storeSuite(name: string, open: () => Promise<{ store: Store; close(): Promise<void> }>): void {
  describe(`store: ${name}`, () => {
    let store: Store;
    let opened: { store: Store; close(): Promise<void> };
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    const put = (key: string, value: string): Promise<number> =>
      store.txn([], [{ kind: 'put', key, value: encode(value) }]).then((result) => result.revision);

    it('creates once, updates under the revision, and shows what was there when it refuses', async () => {
      const created = await store.txn([{ key: '/a/x', modRevision: 0 }], [{ kind: 'put', key: '/a/x', value: encode('1') }]);
      expect(created).toMatchObject({ succeeded: true, current: [] });
      const again = await store.txn([{ key: '/a/x', modRevision: 0 }], [{ kind: 'put', key: '/a/x', value: encode('2') }]);
      expect(again.succeeded).toBe(false);
      expect(again.current[0]).toMatchObject({ key: '/a/x', modRevision: created.revision, createRevision: created.revision });
      const updated = await store.txn([{ key: '/a/x', modRevision: created.revision }], [{ kind: 'put', key: '/a/x', value: encode('2') }]);
      expect(updated).toMatchObject({ succeeded: true, revision: created.revision + 1 });
      const { values } = await store.range('/a/x');
      expect(values.map((v) => [decode(v.value), v.createRevision, v.modRevision])).toEqual([['2', created.revision, updated.revision]]);
      const missing = await store.txn([{ key: '/a/none', modRevision: 7 }], [{ kind: 'delete', key: '/a/none' }]);
      expect(missing).toMatchObject({ succeeded: false, current: [undefined] });
    });

    it('changes several keys at one revision or none', async () => {
      const both = await store.txn(
        [{ key: '/b/1', modRevision: 0 }, { key: '/b/2', modRevision: 0 }],
        [{ kind: 'put', key: '/b/1', value: encode('1') }, { kind: 'put', key: '/b/2', value: encode('2') }],
      );
      const { values } = await store.range('/b/', { end: '/b0' });
      expect(values.map((v) => v.modRevision)).toEqual([both.revision, both.revision]);
      const refused = await store.txn([{ key: '/b/1', modRevision: both.revision }, { key: '/b/2', modRevision: 1 }], [{ kind: 'delete', key: '/b/1' }]);
      expect(refused.succeeded).toBe(false);
      expect(refused.current.map((v) => v?.key)).toEqual(['/b/1', '/b/2']);
      expect((await store.range('/b/1')).values).toHaveLength(1);
    });

    it('pages a range at one revision while it changes', async () => {
      for (const n of [1, 2, 3, 4, 5]) await put(`/c/${n}`, `v${n}`);
      const first = await store.range('/c/', { end: '/c0', limit: 2 });
      expect(first).toMatchObject({ count: 5, more: true });
      await put('/c/3', 'changed');
      await store.txn([], [{ kind: 'delete', key: '/c/4' }]);
      const rest = await store.range('/c/3', { end: '/c0', revision: first.revision });
      expect(rest.values.map((v) => decode(v.value))).toEqual(['v3', 'v4', 'v5']);
      expect(rest.more).toBe(false);
      const now = await store.range('/c/', { end: '/c0' });
      expect(now.values.map((v) => decode(v.value))).toEqual(['v1', 'v2', 'changed', 'v5']);
      const counted = await store.range('/c/', { end: '/c0', countOnly: true });
      expect([counted.count, counted.values.length]).toEqual([4, 0]);
      const keys = await store.range('/c/', { end: '/c0', keysOnly: true });
      expect(keys.values.map((v) => [v.key, v.value.length])).toEqual([['/c/1', 0], ['/c/2', 0], ['/c/3', 0], ['/c/5', 0]]);
    });

    it('watches from the past into the present, in order, with the values before', async () => {
      const start = await put('/d/a', '1');
      await put('/d/a', '2');
      await put('/other', 'x');
      const batches = store.watch('/d/', start, { previous: true })[Symbol.asyncIterator]();
      const past = await take(batches, 2);
      expect(past.events.map((e) => [e.type, decode(e.value), e.previous === undefined ? '' : decode(e.previous.value)])).toEqual([
        ['put', '1', ''],
        ['put', '2', '1'],
      ]);
      await store.txn([], [{ kind: 'delete', key: '/d/a' }, { kind: 'put', key: '/d/b', value: encode('3') }]);
      const live = await take(batches, 2);
      expect(live.events.map((e) => [e.type, e.key])).toEqual([['delete', '/d/a'], ['put', '/d/b']]);
      expect(live.events[0]?.previous).toMatchObject({ key: '/d/a', createRevision: start });
      expect(live.events[0]?.modRevision).toBe(live.events[1]?.modRevision);
      expect(live.revision).toBeGreaterThanOrEqual(live.events[1]?.modRevision ?? Infinity);
      await batches.return?.();
    });

    it('sees a future revision only when it comes', async () => {
      const now = await put('/e/a', '1');
      const batches = store.watch('/e/', now + 2)[Symbol.asyncIterator]();
      await put('/e/a', '2');
      await put('/e/a', '3');
      const { events } = await take(batches, 1);
      expect(events.map((e) => decode(e.value))).toEqual(['3']);
      await batches.return?.();
    });

    it('tells a watch of one prefix about progress elsewhere', async () => {
      if (store.progressMode() === 'none') return;
      const now = await put('/f/a', '1');
      const batches = store.watch('/f/', now + 1)[Symbol.asyncIterator]();
      const later = await put('/unrelated', '1');
      let revision = 0;
      const reading = (async () => {
        while (revision < later) {
          const next = await batches.next();
          if (next.done === true) throw new Error('the watch ended');
          revision = next.value.revision;
        }
      })();
      while (revision < later && store.progressMode() === 'requested') {
        await store.requestProgress();
        await Promise.race([reading, new Promise((resolve) => setImmediate(resolve))]); // oxlint-disable-line eslint/no-restricted-globals
      }
      await reading;
      await batches.return?.();
    });

    it('ends a watch that its reader aborts', async () => {
      const controller = new AbortController();
      const now = await put('/g/a', '1');
      const batches = store.watch('/g/', now, { signal: controller.signal })[Symbol.asyncIterator]();
      await take(batches, 1);
      controller.abort();
      for (;;) if ((await batches.next()).done === true) break;
    });

    it('puts keys under a lease', async () => {
      const lease = await store.leaseGrant(60);
      expect(lease).toBeGreaterThan(0n);
      await store.txn([], [{ kind: 'put', key: '/h/a', value: encode('1'), lease }]);
      expect((await store.range('/h/a')).values).toHaveLength(1);
      expect((await failure(store.txn([], [{ kind: 'put', key: '/h/b', value: encode('1'), lease: lease + 1n }]))).kind).toBe('Internal');
    });

    it('refuses revisions that are compacted or not there yet', async () => {
      const old = await put('/i/a', '1');
      const now = await put('/i/a', '2');
      expect((await failure(store.range('/i/a', { revision: now + 1000 }))).kind).toBe('FutureRevision');
      await store.compact(now);
      expect((await failure(store.range('/i/a', { revision: old }))).kind).toBe('Compacted');
      const batches = store.watch('/i/', old)[Symbol.asyncIterator]();
      const error = await failure((async () => {
        while ((await batches.next()).done !== true);
      })());
      expect([error.kind, error.compactRevision]).toEqual(['Compacted', now]);
      expect((await store.range('/i/a', { revision: now })).values.map((v) => decode(v.value))).toEqual(['2']);
    });

    it('takes keys that are names of JavaScript', async () => {
      for (const key of ['/j/__proto__', '/j/constructor', '/j/10', '/j/ä€😀']) await put(key, key);
      const { values } = await store.range('/j/', { end: '/j0' });
      expect(values.map((v) => decode(v.value))).toEqual(['/j/10', '/j/__proto__', '/j/constructor', '/j/ä€😀']);
    });
  });
}
