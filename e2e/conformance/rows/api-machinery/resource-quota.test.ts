import type { KubernetesObject, V1ResourceQuota } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { row, type Context } from '../../harness/index.ts';

const quota = (name: string, hard: Record<string, string>, labels: Record<string, string> = {}): V1ResourceQuota => ({ metadata: { name, labels }, spec: { hard } });

row('quota-update-delete', async (k) => {
  const { namespace } = k;
  const made = await k.core.createNamespacedResourceQuota({ namespace, body: quota('q', { cpu: '1', memory: '500Mi' }) });
  expect(made.spec?.hard).toEqual({ cpu: '1', memory: '500Mi' });
  const updated = await k.retried(async () => {
    const read = await k.core.readNamespacedResourceQuota({ name: 'q', namespace });
    return k.core.replaceNamespacedResourceQuota({ name: 'q', namespace, body: { ...read, spec: { hard: { cpu: '2000m', memory: '1Gi' } } } });
  });
  // Quantities are kept as Kubernetes writes them.
  expect(updated.spec?.hard).toEqual({ cpu: '2', memory: '1Gi' });
  expect((await k.core.readNamespacedResourceQuota({ name: 'q', namespace })).spec?.hard).toEqual({ cpu: '2', memory: '1Gi' });
  await k.core.deleteNamespacedResourceQuota({ name: 'q', namespace });
  await k.fails(k.core.readNamespacedResourceQuota({ name: 'q', namespace }), { code: 404, reason: 'NotFound', message: 'resourcequotas "q" not found' });
});

row('quota-lifecycle', async (k) => {
  const { namespace } = k;
  const labelSelector = `of=${k.namespace}`;
  await k.core.createNamespacedResourceQuota({ namespace, body: quota('q', { cpu: '0.5' }, { of: k.namespace }) });
  await k.core.createNamespacedResourceQuota({ namespace, body: quota('other', { cpu: '1' }, { of: 'another' }) });
  const everywhere = await k.core.listResourceQuotaForAllNamespaces({ labelSelector });
  expect(everywhere.items.map(({ metadata, spec }) => [metadata?.namespace, metadata?.name, spec?.hard])).toEqual([[namespace, 'q', { cpu: '500m' }]]);
  const patched = await k.patch<V1ResourceQuota>(`${k.path('resourcequotas')}/q`, { metadata: { labels: { patched: 'yes' } }, spec: { hard: { memory: '750Mi' } } }, 'strategic');
  expect([patched.metadata?.labels, patched.spec?.hard]).toEqual([{ of: k.namespace, patched: 'yes' }, { cpu: '500m', memory: '750Mi' }]);
  await k.core.deleteCollectionNamespacedResourceQuota({ namespace, labelSelector });
  expect((await k.core.listNamespacedResourceQuota({ namespace })).items.map(({ metadata }) => metadata?.name)).toEqual(['other']);
});

/** Waits until a quota says that this much is used. */
async function uses(k: Context, name: string, used: Record<string, string>): Promise<void> {
  const isSo = (object: V1ResourceQuota | undefined): boolean => Object.entries(used).every(([resource, amount]) => object?.status?.used?.[resource] === amount);
  await k.until<V1ResourceQuota>(`${k.path('resourcequotas')}/${name}`, isSo, `quota ${name} uses ${JSON.stringify(used)}`);
}

const create = (k: Context, name: string, hard: Record<string, string>, scopes?: string[]): Promise<unknown> => k.create(k.path('resourcequotas'), { metadata: { name }, spec: { hard, ...(scopes === undefined ? {} : { scopes }) } });
const countOf = async (k: Context, path: string): Promise<number> => (await k.get<{ items: KubernetesObject[] }>(path)).items.length;

row('quota-prompt', async (k) => {
  await k.settled();
  const hard = {
    pods: '5', services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1', replicationcontrollers: '10', resourcequotas: '1', cpu: '1', memory: '500Mi', configmaps: '10', secrets: '10',
    persistentvolumeclaims: '10', 'requests.storage': '10Gi', 'requests.ephemeral-storage': '50Gi', 'count/replicasets.apps': '5', 'requests.example.com/dongle': '3', 'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
  };
  await create(k, 'q', hard);
  await uses(k, 'q', { ...Object.fromEntries(Object.keys(hard).map((resource) => [resource, '0'])), resourcequotas: '1', configmaps: '1' });
  expect((await k.get<V1ResourceQuota>(`${k.path('resourcequotas')}/q`)).status?.hard).toEqual(hard);
  await k.fails(create(k, 'another', { pods: '1' }), { code: 403, reason: 'Forbidden', message: 'exceeded quota: q, requested: resourcequotas=1, used: resourcequotas=1, limited: resourcequotas=1' });
});

/** Something is counted when it is made, refused beyond the quota, and given back when it goes. */
async function counted(k: Context, resource: string, path: string, object: (name: string) => object): Promise<void> {
  await k.settled();
  const before = await countOf(k, path);
  await create(k, 'q', { [resource]: String(before + 1) });
  await uses(k, 'q', { [resource]: String(before) });
  await k.create(path, object('one'));
  await uses(k, 'q', { [resource]: String(before + 1) });
  await k.fails(k.create(path, object('two')), { code: 403, reason: 'Forbidden', message: `exceeded quota: q, requested: ${resource}=1, used: ${resource}=${before + 1}, limited: ${resource}=${before + 1}` });
  await k.delete(`${path}/one`);
  await uses(k, 'q', { [resource]: String(before) });
}

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };

row('quota-configmap', (k) => counted(k, 'configmaps', k.path('configmaps'), (name) => ({ metadata: { name }, data: { a: 'b' } })));

row('quota-secret', async (k) => {
  await k.create(k.path('secrets'), { metadata: { name: 'before' } });
  await counted(k, 'secrets', k.path('secrets'), (name) => ({ metadata: { name }, data: { key: Buffer.from('value').toString('base64') } }));
});

row('quota-replicaset', (k) => counted(k, 'count/replicasets.apps', k.path('apps/v1', 'replicasets'), (name) => ({ metadata: { name }, spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template } })));

row('quota-rc', (k) => counted(k, 'replicationcontrollers', k.path('replicationcontrollers'), (name) => ({ metadata: { name }, spec: { replicas: 0, selector: { app: 'web' }, template } })));

row('quota-service', async (k) => {
  const services = k.path('services');
  const service = (name: string, type: string, more: object = {}): object => ({ metadata: { name }, spec: { type, ports: [{ port: 80 }], ...more } });
  await create(k, 'q', { services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1' });
  await uses(k, 'q', { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
  await k.create(services, service('cluster', 'ClusterIP'));
  await uses(k, 'q', { services: '1', 'services.nodeports': '0', 'services.loadbalancers': '0' });
  await k.create(services, service('node', 'NodePort'));
  await uses(k, 'q', { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
  // A load balancer takes a node port, too, unless it says otherwise.
  await k.fails(k.create(services, service('full', 'LoadBalancer')), { code: 403, reason: 'Forbidden', message: 'exceeded quota: q' });
  await k.fails(k.create(services, service('full', 'NodePort')), { code: 403, reason: 'Forbidden', message: 'requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1' });
  await k.create(services, service('balanced', 'LoadBalancer', { allocateLoadBalancerNodePorts: false }));
  await uses(k, 'q', { services: '3', 'services.nodeports': '1', 'services.loadbalancers': '1' });
  for (const name of ['cluster', 'node', 'balanced']) await k.delete(`${services}/${name}`);
  await uses(k, 'q', { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
});

const pod = (name: string, requests?: Record<string, string>, limits?: Record<string, string>, more: object = {}): object => ({
  metadata: { name },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: inject('busybox'), command: ['sleep', '3600'], resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) } }], ...more },
});
const now = { gracePeriodSeconds: 0 };

row(
  'quota-pod',
  async (k) => {
    const pods = k.path('pods');
    const dongle = 'example.com/dongle';
    await create(k, 'q', { pods: '5', cpu: '1', memory: '500Mi', 'requests.ephemeral-storage': '50Gi', [`requests.${dongle}`]: '3' });
    await uses(k, 'q', { pods: '0', cpu: '0' });
    await k.create(pods, pod('one', { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', [dongle]: '2' }, { [dongle]: '2' }));
    const used = { pods: '1', cpu: '500m', memory: '252Mi', 'requests.ephemeral-storage': '30Gi', [`requests.${dongle}`]: '2' };
    await uses(k, 'q', used);
    await k.fails(k.create(pods, pod('two', { cpu: '600m', memory: '100Mi', 'ephemeral-storage': '1Gi' })), { code: 403, reason: 'Forbidden', message: 'exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1' });
    await k.fails(k.create(pods, pod('two', { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '1Gi', [dongle]: '2' }, { [dongle]: '2' })), { code: 403, reason: 'Forbidden', message: `requests.${dongle}=2` });
    // Who is held to amounts must name them.
    await k.fails(k.create(pods, pod('two', { cpu: '100m' })), { code: 403, reason: 'Forbidden', message: 'failed quota: q: must specify' });
    await k.fails(k.patch(`${pods}/one`, { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '900m' } } }] } }, 'strategic'), { code: 422, reason: 'Invalid' });
    await uses(k, 'q', used);
    await k.delete(`${pods}/one`, now);
    await uses(k, 'q', { pods: '0', cpu: '0', memory: '0', 'requests.ephemeral-storage': '0', [`requests.${dongle}`]: '0' });
  },
  { pods: true },
);

row(
  'quota-besteffort',
  async (k) => {
    const pods = k.path('pods');
    await create(k, 'best', { pods: '5' }, ['BestEffort']);
    await create(k, 'not-best', { pods: '5' }, ['NotBestEffort']);
    for (const name of ['best', 'not-best']) await uses(k, name, { pods: '0' });
    await k.create(pods, pod('plain'));
    await uses(k, 'best', { pods: '1' });
    await uses(k, 'not-best', { pods: '0' });
    await k.delete(`${pods}/plain`, now);
    await uses(k, 'best', { pods: '0' });
    await k.create(pods, pod('burstable', { cpu: '10m', memory: '10Mi' }, { cpu: '20m', memory: '20Mi' }));
    await uses(k, 'not-best', { pods: '1' });
    await uses(k, 'best', { pods: '0' });
    await k.delete(`${pods}/burstable`, now);
    await uses(k, 'not-best', { pods: '0' });
  },
  { pods: true },
);

row(
  'quota-terminating',
  async (k) => {
    const pods = k.path('pods');
    const hard = { pods: '5', 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' };
    const none = { pods: '0', 'requests.cpu': '0', 'requests.memory': '0', 'limits.cpu': '0', 'limits.memory': '0' };
    const one = { pods: '1', 'requests.cpu': '50m', 'requests.memory': '20Mi', 'limits.cpu': '100m', 'limits.memory': '40Mi' };
    const sized = (name: string, more: object = {}): object => pod(name, { cpu: '50m', memory: '20Mi' }, { cpu: '100m', memory: '40Mi' }, more);
    await create(k, 'ends', hard, ['Terminating']);
    await create(k, 'stays', hard, ['NotTerminating']);
    for (const name of ['ends', 'stays']) await uses(k, name, none);
    await k.create(pods, sized('long'));
    await uses(k, 'stays', one);
    await uses(k, 'ends', none);
    await k.delete(`${pods}/long`, now);
    await uses(k, 'stays', none);
    await k.create(pods, sized('short', { activeDeadlineSeconds: 3600 }));
    await uses(k, 'ends', one);
    await uses(k, 'stays', none);
    await k.delete(`${pods}/short`, now);
    await uses(k, 'ends', none);
  },
  { pods: true },
);

row('quota-status', async (k) => {
  const { namespace } = k;
  const path = `${k.path('resourcequotas')}/q`;
  const hard = { cpu: '500m', memory: '500Mi' };
  const isSynced = (object: V1ResourceQuota | undefined): boolean => JSON.stringify(object?.status?.hard) === JSON.stringify(hard);
  await create(k, 'q', hard);
  const before = await k.until<V1ResourceQuota>(path, isSynced, 'the status is filled in');
  const resourceVersion = before?.metadata?.resourceVersion ?? '';
  const watching = await k.watch<V1ResourceQuota>(k.path('resourcequotas'), { fieldSelector: 'metadata.name=q', resourceVersion });
  // By update, then by patch: both are seen, and put right by the controller in its time; the spec is never touched.
  await k.retried(async () => {
    const read = await k.core.readNamespacedResourceQuotaStatus({ name: 'q', namespace });
    const updated = await k.core.replaceNamespacedResourceQuotaStatus({ name: 'q', namespace, body: { ...read, spec: { hard: { cpu: '9' } }, status: { ...read.status, hard: { cpu: '600m', memory: '600Mi' } } } });
    expect([updated.status?.hard, updated.spec?.hard]).toEqual([{ cpu: '600m', memory: '600Mi' }, hard]);
  });
  await watching.until(({ object }) => object.status?.hard?.['cpu'] === '600m');
  const patched = await k.patch<V1ResourceQuota>(`${path}/status`, { metadata: { annotations: { patched: 'yes' } }, spec: { hard: { cpu: '9' } }, status: { hard: { cpu: '700m', memory: '700Mi' } } });
  expect([patched.status?.hard, patched.spec?.hard, patched.metadata?.annotations]).toEqual([{ cpu: '700m', memory: '700Mi' }, hard, { patched: 'yes' }]);
  await watching.until(({ object }) => object.status?.hard?.['cpu'] === '700m');
  await watching.until(({ object }) => isSynced(object), 'the status is what the spec says again');
  expect((await k.get<V1ResourceQuota>(path)).spec?.hard).toEqual(hard);
});
