import { kindRegistry, type KubeObject } from '@rhythm/api';
import { expect, test } from 'vitest';
import { encodeStored, parseObject } from '../stored/stored-form.ts';
import { take, testApi } from '../testing.ts';
import { entryOf } from './entry.ts';
import { OwnValues } from './own-values.ts';

const kind = kindRegistry.byResource('', 'v1', 'pods') ?? expect.fail('pods are served');
const pod = (name: string, node = 'n1'): KubeObject => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: 'a', labels: { app: name } }, spec: { nodeName: node } }) as KubeObject;

test('an expected value becomes the entry that parsing it would give', () => {
  const own = new OwnValues(kind);
  const value = encodeStored(kind, pod('p'));
  own.expect('/k', value, pod('p'));
  expect(own.entryOf('/k', Buffer.from(value), 7)).toEqual(entryOf(kind, { key: '/k', value, modRevision: 7 }));
});

test('writer and cache share one entry; another revision of the same bytes has its own', () => {
  const own = new OwnValues(kind);
  const value = encodeStored(kind, pod('p'));
  own.expect('/k', value, pod('p'));
  const first = own.entryOf('/k', value, 7);
  expect(own.entryOf('/k', value, 7)).toBe(first);
  expect(parseObject(own.entryOf('/k', value, 8)?.bytes ?? Buffer.from('{}')).metadata.resourceVersion).toBe('8');
});

test('other bytes, other keys and what was forgotten are not known', () => {
  const own = new OwnValues(kind);
  const value = encodeStored(kind, pod('p'));
  own.expect('/k', value, pod('p'));
  expect(own.entryOf('/k', encodeStored(kind, pod('p', 'n2')), 7)).toBeUndefined();
  expect(own.entryOf('/other', value, 7)).toBeUndefined();
  own.forget('/k');
  expect(own.entryOf('/k', value, 7)).toBeUndefined();
});

test('the number of values that are waited for is bounded', () => {
  const own = new OwnValues(kind);
  const value = encodeStored(kind, pod('p'));
  for (let index = 0; index <= 1024; index++) own.expect(`/k${index}`, value, pod('p'));
  expect(own.entryOf('/k0', value, 7)).toBeUndefined();
  expect(own.entryOf('/k1024', value, 7)).toBeDefined();
});

test('a watch shows own writes with the labels and fields that its selectors ask for', async () => {
  const api = testApi();
  const watch = await api.watch('v1/ns/a/pods', { labelSelector: 'app=x' });
  await api.call('create', 'v1/ns/a/pods', { metadata: { name: 'p', labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await api.call('patch', 'v1/ns/a/pods/p', { metadata: { labels: { app: 'y' } } }, { contentType: 'application/merge-patch+json' });
  const events = await take(watch, 2);
  expect(events.map(({ type, name }) => [type, name])).toEqual([['ADDED', 'p'], ['DELETED', 'p']]);
  await api.stop();
});
