import { type ApiError, type KubeObject } from '@rhythm/api';
import type { ConversionReview, CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import { afterEach, describe, expect, test } from 'vitest';
import { take, testApi, untilEvent, type SeenEvent, type TestApi } from '../testing.ts';
import { definitionStep } from './definition-step.ts';

let api: TestApi;
afterEach(() => api.stop());

interface Crystal extends KubeObject {
  hostPort?: string;
  host?: string;
  port?: string;
}

const crds = 'apiextensions.k8s.io/v1/customresourcedefinitions';
const in1 = 'example.com/v1/ns/default/crystals';
const in2 = 'example.com/v2/ns/default/crystals';

const text = { type: 'string' };
const definition = (storage: 'v1' | 'v2' = 'v1'): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crystals.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'crystals', kind: 'Crystal' },
    conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://hook.example.com/convert' } } },
    versions: [
      { name: 'v1', served: true, storage: storage === 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { hostPort: text } } }, selectableFields: [{ jsonPath: '.hostPort' }] },
      { name: 'v2', served: true, storage: storage === 'v2', schema: { openAPIV3Schema: { type: 'object', properties: { host: text, port: text } } }, selectableFields: [{ jsonPath: '.host' }] },
    ],
  },
});

const convert = (object: Crystal, desired: string): Crystal => {
  const { hostPort, host, port, ...rest } = object;
  if (desired.endsWith('v2')) return { ...rest, apiVersion: desired, host: hostPort?.split(':')[0] ?? '', port: hostPort?.split(':')[1] ?? '' };
  return { ...rest, apiVersion: desired, hostPort: `${host ?? ''}:${port ?? ''}` };
};
const honest = ({ request }: ConversionReview): object => ({ uid: request?.uid, result: { status: 'Success' }, convertedObjects: request?.objects.map((object) => convert(object as Crystal, request.desiredAPIVersion)) });

let calls: number;
let answer: (review: ConversionReview) => object | Promise<object>;

async function served(made = definition()): Promise<void> {
  calls = 0;
  answer = honest;
  api = testApi({
    admission: [definitionStep],
    conversion: {
      post: async (_address, review) => {
        calls++;
        return { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: await answer(JSON.parse(JSON.stringify(review)) as ConversionReview) };
      },
    },
  });
  await api.definitions.start();
  await api.call('create', crds, made);
  await established();
}

/** Until the definition is served as it is now. */
async function established(): Promise<void> {
  const watch = await api.watch(crds, { resourceVersion: '0' });
  await untilEvent(watch[Symbol.asyncIterator](), isEstablished);
}

function isEstablished({ object }: SeenEvent): boolean {
  return (object as CustomResourceDefinition).status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true;
}

const one = (name: string, hostPort: string): Crystal => ({ apiVersion: 'example.com/v1', kind: 'Crystal', metadata: { name }, hostPort });
const two = (name: string, host: string, port: string): Crystal => ({ apiVersion: 'example.com/v2', kind: 'Crystal', metadata: { name }, host, port });
const failure = (): Promise<ApiError> => api.call('list', in2).then(() => { throw new Error('not refused'); }, (error: unknown) => error as ApiError);

describe('a kind that a webhook converts', () => {
  test('is read, written and patched in each of its versions', async () => {
    await served();
    await api.call('create', in1, one('a', 'local:80'));
    expect(calls).toBe(0);
    expect(await api.call('get', `${in2}/a`)).toMatchObject({ apiVersion: 'example.com/v2', host: 'local', port: '80' });
    expect(await api.call('patch', `${in2}/a`, { port: '81' }, { contentType: 'application/merge-patch+json' })).toMatchObject({ apiVersion: 'example.com/v2', host: 'local', port: '81' });
    expect(await api.call('get', `${in1}/a`)).toMatchObject({ hostPort: 'local:81' });
    expect(await api.call('create', in2, two('b', 'far', '1'))).toMatchObject({ host: 'far' });
    expect(await api.call('get', `${in1}/b`)).toMatchObject({ hostPort: 'far:1' });
    await api.call('delete', `${in2}/a`);
    expect((await api.call<{ items: Crystal[] }>('list', in1)).items.map(({ hostPort }) => hostPort)).toEqual(['far:1']);
  });

  test('is listed and watched in one version whatever it was stored in', async () => {
    await served();
    await api.call('create', in1, one('a', 'local:80'));
    await api.call('create', in1, one('b', 'other:80'));
    const before = await api.call<CustomResourceDefinition>('get', `${crds}/crystals.example.com`);
    await api.call('update', `${crds}/crystals.example.com`, { ...before, spec: (definition('v2') as CustomResourceDefinition).spec });
    await until(() => api.registry.of('crystals.example.com')?.stored.version === 'v2');
    await api.call('create', in2, two('c', 'far', '1'));
    expect((await api.call<{ items: Crystal[] }>('list', in2)).items.map(({ apiVersion, host }) => `${apiVersion} ${host}`)).toEqual(['example.com/v2 local', 'example.com/v2 other', 'example.com/v2 far']);
    expect((await api.call<{ items: Crystal[] }>('list', in1)).items.map(({ hostPort }) => hostPort)).toEqual(['local:80', 'other:80', 'far:1']);
    const before2 = calls;
    await api.call('list', in1);
    await api.call('list', in2);
    expect(calls).toBe(before2);
    const watch = await api.watch(in2, { fieldSelector: 'host=far', resourceVersion: '0' });
    const iterator = watch[Symbol.asyncIterator]();
    expect(await take(iterator, 1)).toMatchObject([{ type: 'ADDED', name: 'c' }]);
    await api.call('patch', `${in1}/c`, { hostPort: 'near:1' }, { contentType: 'application/merge-patch+json' });
    expect(await take(iterator, 1)).toMatchObject([{ type: 'DELETED', name: 'c', object: { host: 'far' } }]);
  });

  test.each<[string, (review: ConversionReview) => object, string]>([
    ['fails', (review) => ({ uid: review.request?.uid, result: { status: 'Failed', message: 'broken' } }), 'conversion webhook for example.com/v1, Kind=Crystal failed: broken'],
    ['loses an object', (review) => ({ uid: review.request?.uid, result: { status: 'Success' }, convertedObjects: [] }), 'conversion webhook for example.com/v1, Kind=Crystal returned 0 objects, expected 1'],
    ['renames', (review) => renamed(review, { name: 'other' }), 'must have the same name: a != other'],
    ['forges an identity', (review) => renamed(review, { uid: 'x' }), 'must have the same UID'],
    ['spoils labels', (review) => renamed(review, { labels: { 'a b': '' } }), 'returned invalid metadata in object at index 0: metadata.labels'],
  ])('is an error while its webhook %s, and none after', async (_name, lie, message) => {
    await served();
    await api.call('create', in1, one('a', 'local:80'));
    answer = lie;
    const error = await failure();
    expect([error.code, error.reason]).toEqual([500, 'InternalError']);
    expect(error.message).toContain(message);
    answer = honest;
    await api.clock.advance(5_000);
    expect((await api.call<{ items: Crystal[] }>('list', in2)).items).toHaveLength(1);
  });

  test('keeps its metadata but for labels and annotations', async () => {
    await served();
    await api.call('create', in1, one('a', 'local:80'));
    answer = (review) => renamed(review, { labels: { a: 'b' }, finalizers: ['example.com/x'], creationTimestamp: '1999-01-01T00:00:00Z' });
    const { metadata } = await api.call<Crystal>('get', `${in2}/a`);
    expect(metadata.labels).toEqual({ a: 'b' });
    expect(metadata.finalizers).toBeUndefined();
    expect(metadata.creationTimestamp).not.toContain('1999');
  });

  test('is defined with a webhook that can be called', async () => {
    api = testApi({ admission: [definitionStep] });
    const made = definition() as { spec: { conversion: unknown } };
    made.spec.conversion = { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v7'], clientConfig: { url: 'http://x' } } };
    await expect(api.call('create', crds, made)).rejects.toThrow(/spec.conversion.webhook.clientConfig.url.*must include at least one of v1, v1beta1/);
    made.spec.conversion = { strategy: 'None', webhook: { conversionReviewVersions: ['v1'] } };
    await expect(api.call('create', crds, made)).rejects.toThrow('should not be set when strategy is not set to Webhook');
  });

  test('is emptied without its webhook where nothing is to be converted', async () => {
    await served();
    await api.call('create', in1, one('a', 'local:80'));
    answer = () => Promise.reject(new Error('the webhook is gone'));
    await api.call('delete', `${crds}/crystals.example.com`);
    await until(() => api.registry.of('crystals.example.com') === undefined);
    expect(calls).toBe(0);
  });

  test('holds up no other definition when it is deleted while its webhook does not answer', async () => {
    await served();
    await api.call('create', in1, one('a', 'local:80'));
    await api.call('update', `${crds}/crystals.example.com`, { ...(await api.call<CustomResourceDefinition>('get', `${crds}/crystals.example.com`)), spec: (definition('v2') as CustomResourceDefinition).spec });
    const asked = Promise.withResolvers<void>();
    const never = Promise.withResolvers<object>();
    answer = () => {
      asked.resolve();
      return never.promise;
    };
    await api.call('delete', `${crds}/crystals.example.com`);
    await asked.promise;
    const other = definition() as CustomResourceDefinition;
    await api.call('create', crds, { ...other, metadata: { name: 'gems.example.com' }, spec: { ...other.spec, names: { plural: 'gems', kind: 'Gem' } } });
    const watch = await api.watch(crds, { resourceVersion: '0', fieldSelector: 'metadata.name=gems.example.com' });
    await untilEvent(watch[Symbol.asyncIterator](), isEstablished);
    never.reject(new Error('the webhook is gone'));
    expect(await api.call<CustomResourceDefinition>('get', `${crds}/crystals.example.com`)).toMatchObject({ metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] } });
  });
});

function renamed(review: ConversionReview, metadata: object): object {
  const good = honest(review) as { convertedObjects: Crystal[] };
  return { ...good, convertedObjects: good.convertedObjects.map((object) => ({ ...object, metadata: { ...object.metadata, ...metadata } })) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await api.clock.advance(10);
}
