import type { V1ConfigMap } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context, type Watching, type WatchEvent } from '../../harness/index.ts';

const label = 'watched-as';
const map = (name: string, value: string, data: Record<string, string> = {}): object => ({ metadata: { name, labels: { [label]: value } }, data });
const selects = (...values: string[]): { labelSelector: string } => ({ labelSelector: `${label} in (${values.join(',')})` });
const short = ({ type, object }: WatchEvent<V1ConfigMap>): unknown => [type, object.metadata?.name, object.data?.['step'] ?? ''];
const versionOf = (object: V1ConfigMap): string => object.metadata?.resourceVersion ?? '';

/** An object that every watch sees last: what came before it is all that came. */
async function last(k: Context, value: string): Promise<void> {
  await k.create(k.path('configmaps'), map('last', value));
}

row('watch-multi', async (k) => {
  const maps = k.path('configmaps');
  const [a, b, both] = await Promise.all([k.watch<V1ConfigMap>(maps, selects('a')), k.watch<V1ConfigMap>(maps, selects('b')), k.watch<V1ConfigMap>(maps, selects('a', 'b'))]);
  await k.create(maps, map('one', 'a'));
  await k.patch(`${maps}/one`, { data: { step: '1' } });
  await k.patch(`${maps}/one`, { data: { step: '2' } });
  await k.delete(`${maps}/one`);
  await k.create(maps, map('two', 'b'));
  await k.delete(`${maps}/two`);
  for (const value of ['a', 'b']) await k.create(maps, map(`last-${value}`, value));
  for (const [watching, name] of [[a, 'last-a'], [b, 'last-b'], [both, 'last-b']] as const) await watching.until(({ object }) => object.metadata?.name === name);
  const ofA = [['ADDED', 'one', ''], ['MODIFIED', 'one', '1'], ['MODIFIED', 'one', '2'], ['DELETED', 'one', '2']];
  const ofB = [['ADDED', 'two', ''], ['DELETED', 'two', '']];
  expect(a.seen.map(short)).toEqual([...ofA, ['ADDED', 'last-a', '']]);
  expect(b.seen.map(short)).toEqual([...ofB, ['ADDED', 'last-b', '']]);
  expect(both.seen.map(short)).toEqual([...ofA, ...ofB, ['ADDED', 'last-a', ''], ['ADDED', 'last-b', '']]);
  // A deletion is an event of its own, at a version of its own.
  const [modified, deleted] = a.seen.slice(2, 4).map(({ object }) => Number(versionOf(object)));
  expect(deleted).toBeGreaterThan(modified ?? 0);
});

row('watch-from-rv', async (k) => {
  const maps = k.path('configmaps');
  await k.create(maps, map('one', 'a'));
  const first = await k.patch<V1ConfigMap>(`${maps}/one`, { data: { step: '1' } });
  await k.patch(`${maps}/one`, { data: { step: '2' } });
  await k.create(maps, map('other', 'b'));
  await k.delete(`${maps}/one`);
  await last(k, 'a');
  const watching = await k.watch<V1ConfigMap>(maps, { ...selects('a'), resourceVersion: versionOf(first) });
  await watching.until(({ object }) => object.metadata?.name === 'last');
  expect(watching.seen.map(short)).toEqual([['MODIFIED', 'one', '2'], ['DELETED', 'one', '2'], ['ADDED', 'last', '']]);
});

row('watch-restart', async (k) => {
  const maps = k.path('configmaps');
  const before = await k.watch<V1ConfigMap>(maps, selects('a'));
  await k.create(maps, map('one', 'a'));
  await k.patch(`${maps}/one`, { data: { step: '1' } });
  const seen = await before.until(({ type }) => type === 'MODIFIED');
  before.stop();
  await k.patch(`${maps}/one`, { data: { step: '2' } });
  await k.create(maps, map('other', 'b'));
  await k.delete(`${maps}/one`);
  const after = await k.watch<V1ConfigMap>(maps, { ...selects('a'), resourceVersion: versionOf(seen.object) });
  await last(k, 'a');
  await after.until(({ object }) => object.metadata?.name === 'last');
  expect(after.seen.map(short)).toEqual([['MODIFIED', 'one', '2'], ['DELETED', 'one', '2'], ['ADDED', 'last', '']]);
});

row('watch-selector-exit', async (k) => {
  const maps = k.path('configmaps');
  const relabelled = (value: string): object => ({ metadata: { labels: { [label]: value } } });
  const watching = await k.watch<V1ConfigMap>(maps, selects('in'));
  await k.create(maps, map('one', 'in'));
  await k.patch(`${maps}/one`, { data: { step: '1' } });
  await k.patch(`${maps}/one`, relabelled('out'));
  await k.patch(`${maps}/one`, { data: { step: '2' } });
  await k.patch(`${maps}/one`, relabelled('in'));
  await k.patch(`${maps}/one`, { data: { step: '3' } });
  await k.delete(`${maps}/one`);
  await watching.until(({ type, object }) => type === 'DELETED' && object.data?.['step'] === '3');
  expect(watching.seen.map(short)).toEqual([
    ['ADDED', 'one', ''],
    ['MODIFIED', 'one', '1'],
    ['DELETED', 'one', '1'],
    ['ADDED', 'one', '2'],
    ['MODIFIED', 'one', '3'],
    ['DELETED', 'one', '3'],
  ]);
});

row('watch-order', async (k) => {
  const maps = k.path('configmaps');
  const changes = 60;
  const names = ['a', 'b', 'c', 'd', 'e'];
  const first = await k.watch<V1ConfigMap>(maps, selects('order'));
  const change = async (): Promise<void> => {
    const present = new Set<string>();
    for (let step = 0; step < changes; step++) {
      const name = names[step % names.length] ?? 'a';
      if (step % 20 === 0) await k.create(maps, map(`other-${step}`, 'other'));
      const kind = Math.floor(step / names.length) % 3;
      if (kind === 0 || !present.has(name)) {
        await k.create(maps, map(name, 'order', { step: String(step) }));
        present.add(name);
      } else if (kind === 1) await k.patch(`${maps}/${name}`, { data: { step: String(step) } });
      else {
        await k.delete(`${maps}/${name}`);
        present.delete(name);
      }
    }
    await k.create(maps, map('last', 'order'));
  };
  const changing = change();
  const isLast = ({ object }: WatchEvent<V1ConfigMap>): boolean => object.metadata?.name === 'last';
  const later: { readonly watching: Watching<V1ConfigMap>; readonly after: number }[] = [];
  // Each event opens a watch from its version on, while changes go on.
  for (let event = await first.next(); !isLast(event); event = await first.next()) {
    later.push({ watching: await k.watch<V1ConfigMap>(maps, { ...selects('order'), resourceVersion: versionOf(event.object) }), after: first.seen.length });
  }
  await changing;
  const texts = ({ seen }: Watching<V1ConfigMap>): string[] => seen.map((event) => `${JSON.stringify(short(event))} ${versionOf(event.object)}`);
  expect(first.seen).toHaveLength(changes + 1);
  const versions = first.seen.map(({ object }) => Number(versionOf(object)));
  expect(versions).toEqual(versions.toSorted((x, y) => x - y));
  expect(new Set(versions).size).toBe(versions.length);
  for (const { watching, after } of later) {
    await watching.until(isLast);
    expect(texts(watching)).toEqual(texts(first).slice(after));
  }
});
