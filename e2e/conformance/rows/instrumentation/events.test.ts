import { EventsV1Api, type CoreV1Event, type EventsV1Event } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context } from '../../harness/index.ts';
import { deleteCollection } from '../verbs.ts';

const coreEvent = (k: Context, name: string): object => ({
  metadata: { name, labels: { 'events-of': k.namespace } },
  message: 'something happened',
  reason: 'Tested',
  type: 'Normal',
  count: 1,
  involvedObject: { kind: 'Pod', namespace: k.namespace, name: 'some' },
});
const newEvent = (k: Context, name: string): object => ({
  metadata: { name, labels: { 'events-of': k.namespace } },
  note: 'something happened',
  reason: 'Tested',
  type: 'Normal',
  action: 'Test',
  reportingController: 'example.com/test',
  reportingInstance: 'test-1',
  eventTime: '2024-01-02T03:04:05.678901Z',
  regarding: { kind: 'Pod', namespace: k.namespace, name: 'some' },
});
const selectorOf = (k: Context): string => `events-of=${k.namespace}`;
const newPath = (k: Context): string => k.path('events.k8s.io/v1', 'events');

row('events-core-lifecycle', async (k) => {
  const path = k.path('events');
  const watching = await k.watch<CoreV1Event>(path, { labelSelector: selectorOf(k) });
  await k.create(path, coreEvent(k, 'event'));
  await k.create(path, { ...coreEvent(k, 'bystander'), metadata: { name: 'bystander' } });
  const all = async (): Promise<CoreV1Event[]> => (await k.core.listEventForAllNamespaces({ labelSelector: selectorOf(k) })).items;
  expect((await all()).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([`${k.namespace}/event`]);
  await k.patch(`${path}/event`, { message: 'patched' }, 'strategic');
  expect((await k.core.readNamespacedEvent({ namespace: k.namespace, name: 'event' })).message).toBe('patched');

  const before = await k.get<CoreV1Event>(`${path}/event`);
  const series = { count: 100, lastObservedTime: '2024-01-02T03:04:05.678901Z' };
  await k.put(`${path}/event`, { ...before, series });
  expect((await k.get<CoreV1Event>(`${path}/event`)).series).toEqual(series);
  // An event is about an object of its own namespace.
  await k.fails(k.raw('POST', path, { body: { ...coreEvent(k, 'astray'), involvedObject: { kind: 'Pod', namespace: 'elsewhere', name: 'some' } } }), { code: 422, reason: 'Invalid', message: 'involvedObject.namespace' });

  await k.core.deleteNamespacedEvent({ namespace: k.namespace, name: 'event' });
  await k.fails(k.core.readNamespacedEvent({ namespace: k.namespace, name: 'event' }), { code: 404, reason: 'NotFound' });
  expect(await all()).toEqual([]);
  await watching.until(({ type }) => type === 'DELETED');
  expect(watching.seen.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED event', 'MODIFIED event', 'MODIFIED event', 'DELETED event']);
});

row('events-core-deletecollection', async (k) => {
  const path = k.path('events');
  for (const name of ['one', 'two', 'three']) await k.create(path, coreEvent(k, name));
  await k.create(path, { ...coreEvent(k, 'bystander'), metadata: { name: 'bystander' } });
  expect((await k.core.listNamespacedEvent({ namespace: k.namespace, labelSelector: selectorOf(k) })).items).toHaveLength(3);
  await deleteCollection(k, path, selectorOf(k));
  expect((await k.core.listNamespacedEvent({ namespace: k.namespace })).items.map(({ metadata }) => metadata.name)).toEqual(['bystander']);
});

row('events-new-lifecycle', async (k) => {
  const events = k.api(EventsV1Api);
  const where = { namespace: k.namespace, name: 'event' };
  const path = newPath(k);
  await k.create(path, newEvent(k, 'event'));
  // The two groups show the same objects, each in its own words.
  expect(await k.core.readNamespacedEvent(where)).toMatchObject({ message: 'something happened', involvedObject: { kind: 'Pod', name: 'some' }, reportingComponent: 'example.com/test' });
  const names = async (fieldSelector: string): Promise<string[]> => (await events.listEventForAllNamespaces({ fieldSelector })).items.map(({ metadata }) => metadata?.name ?? '');
  expect(await names(`metadata.namespace=${k.namespace},reportingController=example.com/test`)).toEqual(['event']);
  expect(await names(`metadata.namespace=${k.namespace},reportingController=example.com/other`)).toEqual([]);
  expect((await events.listNamespacedEvent({ namespace: k.namespace, fieldSelector: 'type=Normal,reason=Tested' })).items).toHaveLength(1);
  const core = await k.core.listEventForAllNamespaces({ fieldSelector: `metadata.namespace=${k.namespace},involvedObject.name=some,source=example.com/test` });
  expect(core.items.map(({ metadata }) => metadata.name)).toEqual(['event']);

  await k.patch(`${path}/event`, { series: { count: 2, lastObservedTime: '2024-01-02T03:05:05.678901Z' } }, 'strategic');
  expect(await events.readNamespacedEvent(where)).toMatchObject({ note: 'something happened', regarding: { name: 'some' }, series: { count: 2 } });
  const raw = await k.get<EventsV1Event>(`${path}/event`);
  expect(raw).toMatchObject({ eventTime: '2024-01-02T03:04:05.678901Z', series: { count: 2, lastObservedTime: '2024-01-02T03:05:05.678901Z' } });
  await k.put(`${path}/event`, { ...raw, series: { count: 100, lastObservedTime: '2024-01-02T03:06:05.678901Z' } });
  expect((await k.get<CoreV1Event>(`${k.path('events')}/event`)).series).toEqual({ count: 100, lastObservedTime: '2024-01-02T03:06:05.678901Z' });
  // All but the series stays as it was reported.
  await k.fails(k.raw('PUT', `${path}/event`, { body: { ...(await k.get<EventsV1Event>(`${path}/event`)), note: 'rewritten' } }), { code: 422, reason: 'Invalid', message: 'field is immutable' });

  await events.deleteNamespacedEvent(where);
  await k.fails(events.readNamespacedEvent(where), { code: 404, reason: 'NotFound' });
  await k.fails(k.core.readNamespacedEvent(where), { code: 404, reason: 'NotFound' });
});

row('events-new-deletecollection', async (k) => {
  const events = k.api(EventsV1Api);
  for (const name of ['one', 'two', 'three']) await k.create(newPath(k), newEvent(k, name));
  await k.create(newPath(k), { ...newEvent(k, 'bystander'), metadata: { name: 'bystander' } });
  expect((await events.listNamespacedEvent({ namespace: k.namespace, labelSelector: selectorOf(k) })).items).toHaveLength(3);
  await deleteCollection(k, newPath(k), selectorOf(k));
  expect((await events.listNamespacedEvent({ namespace: k.namespace })).items.map(({ metadata }) => metadata?.name)).toEqual(['bystander']);
});
