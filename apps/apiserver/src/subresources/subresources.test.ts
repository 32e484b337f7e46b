import type { KubeObject } from '@rhythm/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testApi, type TestApi } from '../testing.ts';

let api: TestApi;
beforeEach(() => {
  api = testApi();
});
afterEach(() => api.stop());

const pods = 'v1/ns/default/pods';
const pod = (name: string, metadata: object = {}): object => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }] } });
const binding = (name: string, node: string): object => ({ kind: 'Binding', apiVersion: 'v1', metadata: { name }, target: { kind: 'Node', name: node } });

describe('binding', () => {
  test('gives a pod to a node, once', async () => {
    await api.call('create', pods, pod('p'));
    expect(await api.call('create', `${pods}/p/binding`, binding('p', 'n1'))).toMatchObject({ kind: 'Status', status: 'Success' });
    expect(await api.call('get', `${pods}/p`)).toMatchObject({ spec: { nodeName: 'n1' }, status: { conditions: [{ type: 'PodScheduled', status: 'True' }] } });
    await expect(api.call('create', `${pods}/p/binding`, binding('p', 'n2'))).rejects.toMatchObject({ reason: 'Conflict', message: expect.stringContaining('already assigned to node "n1"') });
  });

  test('needs a target and a pod', async () => {
    await expect(api.call('create', `${pods}/none/binding`, binding('none', 'n1'))).rejects.toMatchObject({ reason: 'NotFound' });
    await api.call('create', pods, pod('p'));
    await expect(api.call('create', `${pods}/p/binding`, { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: {} })).rejects.toMatchObject({ reason: 'Invalid' });
  });
});

describe('scale', () => {
  const deployments = 'apps/v1/ns/default/deployments';
  beforeEach(() =>
    api.call('create', deployments, {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'web' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } },
    }),
  );

  test('is read and written as a Scale', async () => {
    const scale = await api.call<KubeObject & { spec: object }>('get', `${deployments}/web/scale`);
    expect(scale).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 }, status: { replicas: 0, selector: 'app=web' } });
    expect(await api.call('update', `${deployments}/web/scale`, { ...scale, spec: { replicas: 5 } })).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    expect(await api.call('patch', `${deployments}/web/scale`, { spec: { replicas: 6 } }, { contentType: 'application/merge-patch+json' })).toMatchObject({ spec: { replicas: 6 } });
    expect(await api.call('get', `${deployments}/web`)).toMatchObject({ spec: { replicas: 6 }, metadata: { generation: 3 } });
    await expect(api.call('update', `${deployments}/web/scale`, { ...scale, spec: { replicas: 7 } })).rejects.toMatchObject({ reason: 'Conflict' });
  });
});

describe('ephemeral containers', () => {
  const debugger_ = (name: string, image = 'i'): object => ({ name, image });
  const add = (...containers: object[]): Promise<unknown> => api.call('patch', `${pods}/p/ephemeralcontainers`, { spec: { ephemeralContainers: containers } }, { contentType: 'application/strategic-merge-patch+json' });
  beforeEach(() => api.call('create', pods, pod('p')));

  test('are added to a pod that runs, and stay', async () => {
    await add(debugger_('one'));
    expect(await add(debugger_('two'))).toMatchObject({ spec: { ephemeralContainers: expect.arrayContaining([expect.objectContaining({ name: 'one' }), expect.objectContaining({ name: 'two' })]) } });
  });
  test('are not changed or removed', async () => {
    await add(debugger_('one'));
    await expect(add(debugger_('one', 'other'))).rejects.toMatchObject({ reason: 'Invalid', message: expect.stringContaining('existing ephemeral containers "one" may not be changed') });
    await expect(add({ name: 'one', $patch: 'delete' })).rejects.toMatchObject({ reason: 'Invalid', message: expect.stringContaining('may not be removed') });
  });
});

test('resize changes what containers may use, and nothing else', async () => {
  await api.call('create', pods, pod('p'));
  const resize = (container: object): Promise<unknown> => api.call('patch', `${pods}/p/resize`, { spec: { containers: [{ name: 'c', ...container }] } }, { contentType: 'application/strategic-merge-patch+json' });
  expect(await resize({ resources: { requests: { cpu: '1' } } })).toMatchObject({ spec: { containers: [{ resources: { requests: { cpu: '1' } } }] } });
  await expect(resize({ image: 'other' })).rejects.toMatchObject({ reason: 'Invalid' });
});

describe('eviction', () => {
  const eviction = (name: string): object => ({ kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name } });
  const running = async (): Promise<void> => {
    const made = await api.call<KubeObject>('create', pods, pod('p', { labels: { app: 'web' } }));
    await api.call('update', `${pods}/p/status`, { ...made, status: { phase: 'Running' } });
  };
  const budget = async (disruptionsAllowed: number): Promise<void> => {
    const path = 'policy/v1/ns/default/poddisruptionbudgets';
    const made = await api.call<KubeObject>('create', path, { kind: 'PodDisruptionBudget', apiVersion: 'policy/v1', metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } });
    await api.call('update', `${path}/b/status`, { ...made, status: { observedGeneration: 1, disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } });
  };

  test('without a budget is a delete', async () => {
    await running();
    await api.call('create', `${pods}/p/eviction`, eviction('p'));
    await expect(api.call('get', `${pods}/p`)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('is refused by a budget that allows none, and takes one from a budget that does', async () => {
    await running();
    await budget(0);
    await expect(api.call('create', `${pods}/p/eviction`, eviction('p'))).rejects.toMatchObject({ reason: 'TooManyRequests', code: 429, details: { causes: [{ reason: 'DisruptionBudget' }] } });
    const path = 'policy/v1/ns/default/poddisruptionbudgets/b';
    const current = await api.call<KubeObject & { status: object }>('get', path);
    await api.call('update', `${path}/status`, { ...current, status: { ...current.status, disruptionsAllowed: 1 } });
    await api.call('create', `${pods}/p/eviction`, eviction('p'));
    expect(await api.call('get', path)).toMatchObject({ status: { disruptionsAllowed: 0, disruptedPods: { p: expect.any(String) } } });
  });
});

test('a namespace goes when its finalizers are gone', async () => {
  const made = await api.call<KubeObject & { spec?: object }>('create', 'v1/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'n' } });
  expect(made.spec).toMatchObject({ finalizers: ['kubernetes'] });
  const deleted = await api.call<KubeObject>('delete', 'v1/namespaces/n');
  expect(deleted).toMatchObject({ status: { phase: 'Terminating' } });
  await api.call('update', 'v1/namespaces/n/finalize', { ...deleted, spec: { finalizers: [] } });
  await expect(api.call('get', 'v1/namespaces/n')).rejects.toMatchObject({ reason: 'NotFound' });
});
