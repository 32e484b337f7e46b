import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { encodeStored } from '../stored/stored-form.ts';
import { entryOf, type Entry } from './entry.ts';
import { Change, History } from './history.ts';
import { Rounds } from './rounds.ts';
import { Watcher, type CacheEvent } from './watcher.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const rounds = new Rounds(new VirtualClock());
const prefix = '/registry/configmaps/';
const at = (revision: number, labels: Record<string, string> = {}, size = 0): Entry =>
  entryOf(kind, { key: `${prefix}d/a`, modRevision: revision, value: encodeStored(kind, { metadata: { name: 'a', labels }, data: { pad: 'x'.repeat(size) } } as never) });

async function all(watcher: Watcher): Promise<CacheEvent[]> {
  const events: CacheEvent[] = [];
  for await (const batch of watcher) events.push(...batch);
  return events;
}

test('an object that enters, changes in and leaves a selector is added, modified and deleted', async () => {
  const watcher = new Watcher({ prefix, labels: (l) => l['app'] === 'web' }, 0, [], { bookmarks: false, rounds, onEnd: () => undefined });
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
  const watcher = new Watcher({ prefix }, 5, [], { bookmarks: true, rounds, onEnd: () => undefined });
  for (const revision of [4, 5, 6]) watcher.offer(new Change(kind, revision, at(revision), undefined));
  watcher.bookmark(6);
  watcher.end();
  expect((await all(watcher)).map((e) => (e.type === 'BOOKMARK' ? e.revision : e.entry.revision))).toEqual([6, 6]);
});

test('a watch that reads too slowly is ended and lets go of what it held', async () => {
  const watcher = new Watcher({ prefix }, 0, [], { bookmarks: false, rounds, onEnd: () => undefined });
  const size = 1024 * 1024;
  const many = Math.ceil(limits.watchBacklogBytesMax / size) + 1;
  for (let revision = 1; revision <= many; revision++) watcher.offer(new Change(kind, revision, at(revision, {}, size), undefined));
  expect(watcher.ended).toBe(true);
  expect(await all(watcher)).toEqual([]);
});

test('no watch waits longer than the history remembers', async () => {
  const behind = new Watcher({ prefix }, 0, [], { bookmarks: false, rounds, onEnd: () => undefined });
  behind.offer(new Change(kind, 7, at(7), undefined), 0);
  behind.offer(new Change(kind, 8, at(8), undefined), 6);
  expect([behind.endIfBehind(6), behind.ended]).toEqual([false, false]);
  behind.offer(new Change(kind, 9, at(9), undefined), 7);
  expect(behind.ended).toBe(true);
  expect(await all(behind)).toEqual([]);
});

test('what waits is handed out in pieces, in order', async () => {
  const size = limits.chunkBytes / 2;
  const state = [at(1, {}, size), at(2, {}, size), at(3, {}, size)];
  const watcher = new Watcher({ prefix }, 3, [{ type: 'BOOKMARK', revision: 3, initialEventsEnd: true }], { bookmarks: true, rounds, state, onEnd: () => undefined });
  for (let revision = 4; revision < 12; revision++) watcher.offer(new Change(kind, revision, at(revision, {}, size), undefined));
  expect(watcher.isStarted).toBe(false);
  const batches: number[][] = [];
  for await (const batch of watcher) {
    batches.push(batch.map((event) => (event.type === 'BOOKMARK' ? -event.revision : event.entry.revision)));
    if (batches.length === 3) watcher.offer(new Change(kind, 12, at(12), undefined));
    if (batches.flat().includes(12)) break;
  }
  expect(batches.flat()).toEqual([1, 2, 3, -3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(Math.max(...batches.map(({ length }) => length))).toBe(2);
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
