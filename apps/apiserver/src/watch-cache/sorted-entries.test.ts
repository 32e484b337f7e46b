import { randomInt, seededRandom } from '@rhythm/base';
import { expect, test } from 'vitest';
import { Entry } from './entry.ts';
import { SortedEntries } from './sorted-entries.ts';

const entry = (key: string, node = ''): Entry => new Entry(key, 1, new Uint8Array(), {}, { 'spec.nodeName': node });

test('pages, counts and the index agree with a sorted copy, whatever happens in between', () => {
  const random = seededRandom(3);
  const entries = new SortedEntries('spec.nodeName');
  const twin = new Map<string, Entry>();
  for (let step = 0; step < 2000; step++) {
    const key = `/registry/pods/n${randomInt(random, 3)}/p${randomInt(random, 60)}`;
    if (random.next() < 0.35) {
      entries.delete(key);
      twin.delete(key);
    } else {
      const fresh = entry(key, `node${randomInt(random, 4)}`);
      entries.put(fresh);
      twin.set(key, fresh);
    }
  }
  const all = [...twin.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  expect(entries.size).toBe(all.length);
  for (const prefix of ['/registry/pods/', '/registry/pods/n1/']) {
    const expected = all.filter((e) => e.key.startsWith(prefix));
    const seen: Entry[] = [];
    for (let start: string | undefined = prefix; start !== undefined; ) {
      const page = entries.page({ prefix }, 7, start);
      seen.push(...page.entries);
      expect(page.remaining ?? 0).toBe(expected.length - seen.length);
      start = page.next;
    }
    expect(seen).toEqual(expected);
    const onNode = { prefix, fields: (f: Readonly<Record<string, string>>) => f['spec.nodeName'] === 'node2', indexed: 'node2' };
    expect(entries.page(onNode, 0).entries).toEqual(expected.filter((e) => e.fields['spec.nodeName'] === 'node2'));
  }
});
