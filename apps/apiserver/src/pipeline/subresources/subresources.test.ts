import type { KubeObject } from '@rhythm/api';
import type { ComponentStatus } from '@rhythm/api/types/core-v1';
import { formatTime } from '@rhythm/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testApi, type TestApi } from '../../testing.ts';

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
    await expect(api.call('create', `${pods}/p/binding`, binding('other', 'n1'))).rejects.toMatchObject({ reason: 'BadRequest', message: 'name in URL does not match name in Binding object' });
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
    await expect(api.call('patch', `${deployments}/web/scale`, { spec: { replicas: -1 } }, { contentType: 'application/merge-patch+json' })).rejects.toMatchObject({
      message: 'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    });
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

  test('is taken from old clients as policy/v1beta1, and as no other', async () => {
    await running();
    await expect(api.call('create', `${pods}/p/eviction`, { ...eviction('p'), apiVersion: 'policy/v1alpha1' })).rejects.toMatchObject({ code: 400 });
    await api.call('create', `${pods}/p/eviction`, { ...eviction('p'), apiVersion: 'policy/v1beta1' });
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

describe('componentstatuses', () => {
  const lease = (name: string, spec: object): object => ({ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name, namespace: 'kube-system' }, spec });
  const renewed = (): string => `${formatTime(api.clock.now()).replace('Z', '')}.000000Z`;
  const seen = async (): Promise<string[]> => {
    const list = await api.call<{ kind: string; items: ComponentStatus[] }>('list', 'v1/componentstatuses');
    expect(list.kind).toBe('ComponentStatusList');
    return list.items.map(({ metadata, conditions }) => `${metadata.name} ${conditions?.[0]?.status} ${conditions?.[0]?.message}`);
  };

  test('say who renews its lease, and whether the store answers', async () => {
    expect(await seen()).toEqual(['controller-manager False there is no lease kube-system/kube-controller-manager yet', 'etcd-0 True ok', 'scheduler False there is no lease kube-system/kube-scheduler yet']);
    const since = renewed();
    await api.call('create', 'coordination.k8s.io/v1/ns/kube-system/leases', lease('kube-scheduler', { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: since }));
    await api.call('create', 'coordination.k8s.io/v1/ns/kube-system/leases', lease('kube-controller-manager', { holderIdentity: '', leaseDurationSeconds: 15, renewTime: since }));
    expect(await seen()).toEqual(['controller-manager False nobody holds its lease', 'etcd-0 True ok', 'scheduler True ok']);
    await api.clock.advance(16_000);
    expect((await seen())[2]).toBe(`scheduler False its lease was not renewed since ${since}`);
  });

  test('are a table, one object, or none', async () => {
    const table = await api.call<{ rows: Array<{ cells: string[] }> }>('list', 'v1/componentstatuses', undefined, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1', fieldSelector: 'metadata.name=etcd-0' });
    expect(table.rows.map(({ cells }) => cells)).toEqual([['etcd-0', 'Healthy', 'ok', '']]);
    expect(await api.call('get', 'v1/componentstatuses/etcd-0')).toMatchObject({ kind: 'ComponentStatus', metadata: { name: 'etcd-0' } });
    await expect(api.call('get', 'v1/componentstatuses/constructor')).rejects.toMatchObject({ reason: 'NotFound', message: 'componentstatuses "constructor" not found' });
    expect((await api.respond('list', 'v1/componentstatuses', undefined, { accept: 'application/vnd.kubernetes.protobuf' })).contentType).toContain('protobuf');
    expect((await api.respond('list', 'v1/componentstatuses')).warnings).toEqual(['v1 ComponentStatus is deprecated in v1.19+']);
    await expect(api.call('create', 'v1/componentstatuses', { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name: 'x' } })).rejects.toMatchObject({ reason: 'MethodNotAllowed' });
  });
});
