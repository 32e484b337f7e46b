import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { memoryStore, type ProgressMode, type Store } from '@rhythm/store-client';
import { afterEach, expect, test } from 'vitest';
import { encodeStored } from '../stored/stored-form.ts';
import { HeldStore } from '../testing.ts';
import { WatchCache } from './watch-cache.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const prefix = '/registry/configmaps/';
const clock = new VirtualClock();

let cache: WatchCache;
afterEach(() => cache.stop());

async function put(store: Store, name: string, text: string): Promise<number> {
  const key = `${prefix}d/${name}`;
  return (await store.txn([], [{ kind: 'put', key, value: encodeStored(kind, { metadata: { name }, data: { text } } as never) }])).revision;
}

const remove = async (store: Store, name: string): Promise<number> => (await store.txn([], [{ kind: 'delete', key: `${prefix}d/${name}` }])).revision;

/** A server that starts now, on a store that has a past. */
async function restarted(store: Store, mode: ProgressMode = 'pushed'): Promise<WatchCache> {
  cache = new WatchCache(kind, { store: new HeldStore(store, mode), clock, random: seededRandom(1), log: silentLog });
  await cache.ready();
  return cache;
}

/** What a watch that comes back is told at once. */
async function missed(from: number): Promise<string[]> {
  const watcher = cache.watch({ prefix }, from, { bookmarks: false });
  watcher.end();
  const events: string[] = [];
  for await (const batch of watcher) for (const event of batch) if (event.type !== 'BOOKMARK') events.push(`${event.type} ${event.entry.key.slice(prefix.length)}@${event.entry.revision}`);
  return events;
}

/** Time passes until the work is done. */
async function withTime(work: Promise<void>): Promise<void> {
  let isDone = false;
  void work.then(() => (isDone = true));
  for (let turn = 0; turn < 200 && !isDone; turn++) await clock.advance(50);
  await work;
}

test.each<ProgressMode>(['pushed', 'requested'])('after a restart a watch goes on where it was; progress %s', async (mode) => {
  const store = memoryStore();
  const from = await put(store, 'a', '1');
  const changed = await put(store, 'a', '2');
  const added = await put(store, 'b', '1');
  const removed = await remove(store, 'a');
  await restarted(store, mode);
  await withTime(Promise.all([cache.reachBack(from), cache.reachBack(changed)]).then(() => undefined));
  expect(await missed(from)).toEqual([`MODIFIED d/a@${changed}`, `ADDED d/b@${added}`, `DELETED d/a@${removed}`]);
  expect(await missed(added)).toEqual([`DELETED d/a@${removed}`]);
});

test('what the store has forgotten is too old, and is not asked for again', async () => {
  const store = memoryStore();
  const from = await put(store, 'a', '1');
  await put(store, 'a', '2');
  const last = await put(store, 'a', '3');
  await store.compact(last);
  await restarted(store);
  await withTime(cache.reachBack(from));
  await expect(missed(from)).rejects.toMatchObject({ reason: 'Expired' });
  await cache.reachBack(from);
});

test('a store that does not tell its progress is not waited for', async () => {
  const store = memoryStore();
  const from = await put(store, 'a', '1');
  await put(store, 'a', '2');
  await restarted(store, 'none');
  await cache.reachBack(from);
  await expect(missed(from)).rejects.toMatchObject({ reason: 'Expired' });
});
