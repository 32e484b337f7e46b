import type { KubernetesObject } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context } from '../../harness/index.ts';
import { deleteCollection } from '../verbs.ts';

interface Pod extends KubernetesObject {
  readonly spec: { readonly containers: readonly { readonly resources: object }[] };
}

const pod = (name: string, resources: object): object => ({ metadata: { name }, spec: { nodeName: 'nowhere', containers: [{ name: 'c', image: 'none', resources }] } });
const limits = (type: object): object => ({ limits: [{ type: 'Container', ...type }] });

row(
  'limitrange-defaults',
  async (k) => {
    const ranges = k.path('limitranges');
    const pods = k.path('pods');
    const watching = await k.watch(ranges);
    const range = limits({
      min: { cpu: '50m', memory: '100Mi', 'ephemeral-storage': '100Gi' },
      max: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
      default: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
      defaultRequest: { cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' },
    });
    const made = await k.create<{ metadata: object; spec: object }>(ranges, { metadata: { name: 'range' }, spec: range });
    expect(made.spec).toEqual(range);
    await watching.until(({ type }) => type === 'ADDED');

    const given = (requests: object, most: object): object => [{ requests, limits: most }];
    const resources = async (name: string, asked: object): Promise<object> => (await k.create<Pod>(pods, pod(name, asked))).spec.containers.map((container) => container.resources);
    const most = { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' };
    expect(await resources('silent', {})).toEqual(given({ cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' }, most));
    // A limit that is given is the request that is not.
    expect(await resources('partly', { requests: { cpu: '300m' }, limits: { memory: '150Mi' } })).toEqual(given({ cpu: '300m', memory: '150Mi', 'ephemeral-storage': '200Gi' }, { ...most, memory: '150Mi' }));

    const refused = (name: string, asked: object, message: string): Promise<unknown> => k.fails(k.raw('POST', pods, { body: pod(name, asked) }), { code: 403, reason: 'Forbidden', message });
    await refused('small', { requests: { cpu: '10m', memory: '50Mi', 'ephemeral-storage': '50Gi' } }, 'minimum cpu usage per Container is 50m, but request is 10m');
    await refused('large', { requests: { cpu: '100m' }, limits: { cpu: '600m' } }, 'maximum cpu usage per Container is 500m, but limit is 600m');

    const changed = limits({ min: { cpu: '5m' }, max: { cpu: '2' }, default: { cpu: '1' }, defaultRequest: { cpu: '5m' } });
    await k.put(`${ranges}/range`, { ...made, spec: changed });
    await watching.until(({ type }) => type === 'MODIFIED');
    expect(await k.eventually(async () => (await k.raw('POST', pods, { body: pod(k.unique('small'), { requests: { cpu: '10m' } }) })).code === 201, 'a small pod is let in')).toBe(true);
    await refused('larger', { requests: { cpu: '3' }, limits: { cpu: '3' } }, 'maximum cpu usage per Container is 2, but limit is 3');

    await k.delete(`${ranges}/range`);
    await watching.until(({ type }) => type === 'DELETED');
    expect(await k.eventually(async () => (await k.raw('POST', pods, { body: pod(k.unique('large'), { requests: { cpu: '3' } }) })).code === 201, 'a large pod is let in')).toBe(true);
  },
  { pods: true },
);

row('limitrange-collection', async (k) => {
  const labels = { 'ranges-of': k.namespace };
  const labelSelector = `ranges-of=${k.namespace}`;
  const second = await k.create<{ metadata: { name: string } }>('/api/v1/namespaces', { metadata: { generateName: 'second-' } });
  const elsewhere = `/api/v1/namespaces/${second.metadata.name}/limitranges`;
  const body = (name: string): object => ({ metadata: { name, labels }, spec: limits({ default: { cpu: '500m' } }) });
  await k.create(k.path('limitranges'), body('here'));
  await k.create(elsewhere, body('there'));
  const all = async (): Promise<string[]> => (await k.core.listLimitRangeForAllNamespaces({ labelSelector })).items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).toSorted();
  expect(await all()).toEqual([`${k.namespace}/here`, `${second.metadata.name}/there`].toSorted());
  const patched = await k.patch<{ spec: { limits: readonly object[] } }>(`${k.path('limitranges')}/here`, { metadata: { labels: { here: 'patched' } }, spec: limits({ default: { cpu: '300m' } }) }, 'strategic');
  // The list of limits is replaced; what is asked for by default follows from the default limit.
  expect(patched).toMatchObject({ metadata: { labels: { here: 'patched' } }, spec: limits({ default: { cpu: '300m' }, defaultRequest: { cpu: '300m' } }) });
  await deleteCollection(k, k.path('limitranges'), 'here=patched');
  expect(await all()).toEqual([`${second.metadata.name}/there`]);
});

row('preempt-priorityclass-api', async (k) => {
  const path = '/apis/scheduling.k8s.io/v1/priorityclasses';
  const classes = [await priorityClass(k, path, 1), await priorityClass(k, path, 2)];
  for (const name of classes) {
    const before = await k.get<{ description: string; value: number }>(`${path}/${name}`);
    const refuse = (change: object, message: string): Promise<unknown> => k.fails(k.raw('PUT', `${path}/${name}`, { body: { ...before, ...change } }), { code: 422, reason: 'Invalid', message });
    await refuse({ value: before.value + 1 }, 'value: Forbidden: may not be changed in an update.');
    await k.fails(k.raw('PATCH', `${path}/${name}`, { headers: { 'content-type': 'application/json-patch+json' }, body: [{ op: 'replace', path: '/value', value: 9 }] }), { code: 422, reason: 'Invalid', message: 'value: Forbidden' });
    await refuse({ preemptionPolicy: 'Never' }, 'preemptionPolicy: Invalid value: "Never": field is immutable');
    expect(await k.put(`${path}/${name}`, { ...before, description: 'updated' })).toMatchObject({ description: 'updated', value: before.value });
    expect(await k.patch(`${path}/${name}`, { description: 'patched' })).toMatchObject({ description: 'patched', preemptionPolicy: 'PreemptLowerPriority' });
  }
  const { items } = await k.get<{ items: readonly { metadata: { name: string } }[] }>(`${path}?labelSelector=classes-of%3D${k.namespace}`);
  expect(items.map(({ metadata }) => metadata.name)).toEqual(classes.toSorted());
  await k.fails(k.raw('POST', path, { body: { metadata: { name: k.unique('high') }, value: 2_000_000_000 } }), { code: 422, reason: 'Invalid', message: 'maximum allowed value of a user defined priority is 1000000000' });
});

async function priorityClass(k: Context, path: string, value: number): Promise<string> {
  const { metadata } = await k.create(path, { metadata: { generateName: 'class-', labels: { 'classes-of': k.namespace } }, value });
  return metadata?.name ?? '';
}
