import { kindRegistry, type KindDefinition } from '@rhythm/api';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { encodeStored } from '../stored/stored-form.ts';
import { CacheMemory } from './cache-memory.ts';
import { entryOf, type Entry } from './entry.ts';
import { Change, History } from './history.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') as KindDefinition;
const size = 64 * 1024;
const at = (revision: number): Entry => entryOf(kind, { key: '/registry/configmaps/d/a', modRevision: revision, value: encodeStored(kind, { metadata: { name: 'a' }, data: { pad: 'x'.repeat(size) } } as never) });

test('the histories of all resources share one limit, and the longest gives way', () => {
  const memory = new CacheMemory();
  const [quiet, busy] = [new History(memory), new History(memory)];
  for (const history of [quiet, busy]) history.begin(1);
  for (let revision = 2; revision < 12; revision++) quiet.push(new Change(kind, revision, at(revision), at(revision - 1)));
  const changes = Math.ceil((2 * limits.historyBytesMax) / size);
  for (let revision = 12; revision < 12 + changes; revision++) {
    busy.push(new Change(kind, revision, at(revision), at(revision - 1)));
    expect(memory.histories.bytes).toBeLessThanOrEqual(limits.historyBytesMax);
    expect(memory.histories.bytes).toBe(quiet.bytes + busy.bytes);
  }
  expect(quiet.after(1)?.length).toBe(10);
  expect(busy.floor).toBeGreaterThan(12);
  expect(busy.bytes).toBeGreaterThan(limits.historyBytesMax * 0.8);
  quiet.end();
  expect(memory.histories.bytes).toBe(busy.bytes);
});

test('objects that are only created cost the history nothing but their number', () => {
  const history = new History();
  history.begin(1);
  const objects = Math.ceil((2 * limits.historyBytesMax) / size);
  for (let revision = 2; revision < 2 + objects; revision++) history.push(new Change(kind, revision, at(revision), undefined));
  expect(history.after(1)?.length).toBe(objects);
});
