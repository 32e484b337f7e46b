import { systemClock, systemRandom } from '@rhythm/base';
import { memoryStore } from '@rhythm/store-client';
import { expect, test } from 'vitest';
import type { ResourcePath } from '../ports/path.ts';
import { PlainObjects, type Plain } from './plain-objects.ts';

const path = (more: Partial<ResourcePath> = {}): ResourcePath => ({ group: '', version: 'v1', namespace: 'a', resource: 'configmaps', name: '', subresource: '', tail: '', watch: false, ...more });
const document = (text: object): Plain => text as Plain;

test('what is written is read again, whatever it is', async () => {
  const objects = new PlainObjects({ store: memoryStore({ clock: systemClock }), clock: systemClock, random: systemRandom });
  const made = (await objects.create(path(), document({ metadata: { generateName: 'x-' }, nonsense: 1 }))).body as Plain;
  expect(made).toMatchObject({ nonsense: 1, metadata: { namespace: 'a' } });
  expect(made.metadata.name).toMatch(/^x-.{5}$/);
  const at = path({ name: made.metadata.name ?? '' });
  const patched = (await objects.patch(at, document({ nonsense: 2, metadata: { labels: { l: '' } } }))).body as Plain;
  expect(patched).toMatchObject({ nonsense: 2, metadata: { name: made.metadata.name, labels: { l: '' } } });
  expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
  expect(await objects.replace(path({ ...at, subresource: 'status' }), document({ metadata: {}, of: 'its own' }))).toMatchObject({ code: 200 });
  expect((await objects.get(path({ ...at, subresource: 'status' }))).body).toMatchObject({ of: 'its own' });
  expect((await objects.list(path({ namespace: '' }))).body).toMatchObject({ kind: 'ConfigMapList', items: [{ nonsense: 2 }] });
  expect((await objects.remove(at)).code).toBe(200);
  expect((await objects.get(at)).code).toBe(404);
});

test('a review comes back as it was asked', async () => {
  const objects = new PlainObjects({ store: memoryStore({ clock: systemClock }), clock: systemClock, random: systemRandom });
  const review = document({ kind: 'SelfSubjectReview', metadata: {} });
  expect(await objects.create(path({ resource: 'selfsubjectreviews', namespace: '' }), review)).toEqual({ code: 201, body: review });
});

test('a watch tells every change', async () => {
  const objects = new PlainObjects({ store: memoryStore({ clock: systemClock }), clock: systemClock, random: systemRandom });
  const first = (await objects.create(path(), document({ metadata: { name: 'one' } }))).body as Plain;
  await objects.replace(path({ name: 'one' }), document({ metadata: { name: 'one' }, step: 1 }));
  await objects.remove(path({ name: 'one' }));
  const seen: unknown[] = [];
  for await (const { type } of objects.watch(path(), Number(first.metadata.resourceVersion), new AbortController().signal)) if (seen.push(type) === 2) break;
  expect(seen).toEqual(['MODIFIED', 'DELETED']);
});
