import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { encodeStored } from '../registry/stored-form.ts';
import { entryOf, type Entry } from './entry.ts';
import { Change, History } from './history.ts';
import { Watcher, type CacheEvent } from './watcher.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const prefix = '/registry/configmaps/';
const at = (revision: number, labels: Record<string, string> = {}, size = 0): Entry =>
  entryOf(kind, { key: `${prefix}d/a`, modRevision: revision, value: encodeStored(kind, { metadata: { name: 'a', labels }, data: { pad: 'x'.repeat(size) } } as never) });

async function all(watcher: Watcher): Promise<CacheEvent[]> {
  const events: CacheEvent[] = [];
  for await (const batch of watcher) events.push(...batch);
  return events;
}

test('an object that enters, changes in and leaves a selector is added, modified and deleted', async () => {
  const watcher = new Watcher({ prefix, labels: (l) => l['app'] === 'web' }, 0, [], { bookmarks: false, onEnd: () => undefined });
  const [out, into, still, left] = [at(1), at(2, { app: 'web' }), at(3, { app: 'web', x: 'y' }), at(4, { app: 'db' })];
  watcher.offer(new Change(kind, 1, out, undefined));
  watcher.offer(new Change(kind, 2, into, out));
  watcher.offer(new Change(kind, 3, still, into));
  watcher.offer(new Change(kind, 4, left, still));
  watcher.offer(new Change(kind, 5, undefined, left));
  watcher.end();
  const events = await all(watcher);
  expect(events.map((e) => e.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  const last = events[2];
  // What is shown is the state before, at the revision of the change.
  expect(last?.type === 'DELETED' && JSON.parse(Buffer.from(last.entry.bytes).toString())).toMatchObject({ metadata: { resourceVersion: '4', labels: { app: 'web', x: 'y' } } });
});

test('nothing at or before its revision is told', async () => {
  const watcher = new Watcher({ prefix }, 5, [], { bookmarks: true, onEnd: () => undefined });
  for (const revision of [4, 5, 6]) watcher.offer(new Change(kind, revision, at(revision), undefined));
  watcher.bookmark(6);
  watcher.end();
  expect((await all(watcher)).map((e) => (e.type === 'BOOKMARK' ? e.revision : e.entry.revision))).toEqual([6, 6]);
});

test('a watch that reads too slowly is ended with "too old" and lets go of what it held', async () => {
  const watcher = new Watcher({ prefix }, 0, [], { bookmarks: false, onEnd: () => undefined });
  const size = 1024 * 1024;
  const many = Math.ceil(limits.watchBacklogBytesMax / size) + 1;
  for (let revision = 1; revision <= many; revision++) watcher.offer(new Change(kind, revision, at(revision, {}, size), undefined));
  expect(watcher.ended).toBe(true);
  await expect(all(watcher)).rejects.toMatchObject({ reason: 'Expired', code: 410 });
});

test('the history is complete above its floor and says so below it', () => {
  const history = new History();
  history.begin(10);
  for (let revision = 11; revision < 11 + limits.historyEventsMax + 5; revision++) history.push(new Change(kind, revision, at(revision), undefined));
  expect(history.floor).toBe(15);
  expect(history.after(14)).toBeUndefined();
  expect(history.after(15)?.[0]?.revision).toBe(16);
  expect(history.after(history.newest)).toEqual([]);
});
