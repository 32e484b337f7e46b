import type { KubernetesObject, V1ConfigMap, V1Lease, V1Secret } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { deleteCollection, everyVerb } from '../verbs.ts';

row('cm-empty-key', async (k) => {
  await k.fails(k.core.createNamespacedConfigMap({ namespace: k.namespace, body: { metadata: { name: 'bad' }, data: { '': 'value' } } }), { code: 422, reason: 'Invalid', message: 'data[]: Invalid value: ""' });
  await k.fails(k.core.readNamespacedConfigMap({ namespace: k.namespace, name: 'bad' }), { code: 404, reason: 'NotFound' });
});

row('secret-empty-key', async (k) => {
  await k.fails(k.core.createNamespacedSecret({ namespace: k.namespace, body: { metadata: { name: 'bad' }, data: { '': 'dmFsdWU=' } } }), { code: 422, reason: 'Invalid', message: 'data[]: Invalid value: ""' });
  await k.fails(k.core.readNamespacedSecret({ namespace: k.namespace, name: 'bad' }), { code: 404, reason: 'NotFound' });
});

row('cm-update', async (k) => {
  const made = await k.core.createNamespacedConfigMap({ namespace: k.namespace, body: { metadata: { name: 'map' }, data: { one: '1', two: '2' }, binaryData: { bytes: 'AAEC' } } });
  await k.core.replaceNamespacedConfigMap({ namespace: k.namespace, name: 'map', body: Object.assign(structured(made), { data: { two: '3' } }) });
  const read = await k.core.readNamespacedConfigMap({ namespace: k.namespace, name: 'map' });
  expect({ data: read.data, binaryData: read.binaryData }).toEqual({ data: { two: '3' }, binaryData: { bytes: 'AAEC' } });
  await k.fails(k.core.replaceNamespacedConfigMap({ namespace: k.namespace, name: 'map', body: made }), { code: 409, reason: 'Conflict' });
});

/** A copy whose metadata is its own. */
function structured<T extends KubernetesObject>(object: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(object) as object) as T, object);
}

row('cm-lifecycle', async (k) => {
  const labels = { 'maps-of': k.namespace };
  const labelSelector = `maps-of=${k.namespace}`;
  const watching = await k.watch<V1ConfigMap>(k.path('configmaps'), { labelSelector });
  await k.core.createNamespacedConfigMap({ namespace: k.namespace, body: { metadata: { name: 'map', labels }, data: { value: 'one' } } });
  await watching.until(({ type }) => type === 'ADDED');
  await k.patch(`${k.path('configmaps')}/map`, { metadata: { labels: { patched: 'true' } }, data: { value: 'two' } }, 'strategic');
  const { object } = await watching.until(({ type }) => type === 'MODIFIED');
  expect(object).toMatchObject({ metadata: { labels: { ...labels, patched: 'true' } }, data: { value: 'two' } });
  await k.core.createNamespacedConfigMap({ namespace: k.namespace, body: { metadata: { name: 'bystander' } } });
  const { items } = await k.core.listConfigMapForAllNamespaces({ labelSelector });
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['map']);
  await deleteCollection(k, k.path('configmaps'), labelSelector);
  await watching.until(({ type }) => type === 'DELETED');
  expect((await k.core.listNamespacedConfigMap({ namespace: k.namespace, labelSelector: '!maps-of' })).items.map(({ metadata }) => metadata?.name)).toContain('bystander');
});

row('secret-patch', async (k) => {
  const labels = { 'secrets-of': k.namespace };
  const labelSelector = `secrets-of=${k.namespace}`;
  const path = k.path('secrets');
  const made = await k.core.createNamespacedSecret({ namespace: k.namespace, body: { metadata: { name: 'secret', labels }, stringData: { key: 'value' } } });
  // What is written as text is read as bytes, and only so.
  expect({ type: made.type, data: made.data, stringData: made.stringData }).toEqual({ type: 'Opaque', data: { key: 'dmFsdWU=' }, stringData: undefined });
  await k.core.createNamespacedSecret({ namespace: k.namespace, body: { metadata: { name: 'bystander' } } });
  expect((await k.core.listSecretForAllNamespaces({ labelSelector })).items.map(({ metadata }) => metadata?.name)).toEqual(['secret']);
  const patched = await k.patch<V1Secret>(`${path}/secret`, { metadata: { labels: { patched: 'true' } }, data: { key: 'b3RoZXI=' } }, 'strategic');
  expect(patched).toMatchObject({ metadata: { labels: { ...labels, patched: 'true' } }, data: { key: 'b3RoZXI=' } });
  await deleteCollection(k, path, `${labelSelector},patched=true`);
  expect((await k.core.listSecretForAllNamespaces({ labelSelector })).items).toEqual([]);
  expect((await k.core.readNamespacedSecret({ namespace: k.namespace, name: 'bystander' })).metadata?.name).toBe('bystander');
});

row('lease-api', async (k) => {
  const spec = (holder: string): object => ({ holderIdentity: holder, leaseDurationSeconds: 30, acquireTime: '2024-01-02T03:04:05.123456Z', renewTime: '2024-01-02T03:04:05.654321Z', leaseTransitions: 0 });
  await everyVerb(k, { groupVersion: 'coordination.k8s.io/v1', kind: 'Lease', resource: 'leases', namespaced: true, body: () => ({ spec: spec('one') }), change: { spec: { holderIdentity: 'two', leaseTransitions: 1 } } });
  const path = k.path('coordination.k8s.io/v1', 'leases');
  // Microseconds stay.
  const made = await k.create<V1Lease>(path, { metadata: { name: 'lease' }, spec: spec('one') });
  expect(made.spec).toMatchObject({ renewTime: '2024-01-02T03:04:05.654321Z' });
  await k.fails(k.raw('PATCH', `${path}/lease`, { headers: { 'content-type': 'application/merge-patch+json' }, body: { spec: { leaseDurationSeconds: 0 } } }), { code: 422, reason: 'Invalid', message: 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0' });
});

row('node-lifecycle', async (k) => {
  const labels = { 'nodes-of': k.namespace };
  const name = k.unique('node');
  const path = '/api/v1/nodes';
  await k.create(path, { metadata: { name, labels }, spec: { unschedulable: true }, status: { phase: 'Running' } });
  const patched = await k.patch<KubernetesObject>(`${path}/${name}`, { metadata: { labels: { patched: 'true' } } }, 'strategic');
  expect(patched.metadata?.labels).toEqual({ ...labels, patched: 'true' });
  expect((await k.core.listNode({ labelSelector: `nodes-of=${k.namespace},patched=true` })).items.map(({ metadata }) => metadata?.name)).toEqual([name]);
  const read = await k.core.readNode({ name });
  // A node that nobody serves is tainted before anything can land on it.
  expect(read.spec?.taints).toContainEqual(expect.objectContaining({ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }));
  await k.eventually(async () => {
    const latest = await k.get<KubernetesObject>(`${path}/${name}`);
    const { code } = await k.raw('PUT', `${path}/${name}`, { body: { ...latest, metadata: { ...latest.metadata, labels: { ...latest.metadata?.labels, updated: 'true' } } } });
    return code === 200;
  }, 'the node is updated');
  expect((await k.core.listNode({ labelSelector: `nodes-of=${k.namespace},updated=true` })).items).toHaveLength(1);
  await deleteCollection(k, path, `nodes-of=${k.namespace}`);
  await k.fails(k.core.readNode({ name }), { code: 404, reason: 'NotFound' });
});

const podTemplate = { spec: { containers: [{ name: 'nginx', image: 'nginx' }] } };

row('podtemplate-lifecycle', async (k) => {
  const labels = { 'templates-of': k.namespace };
  const path = k.path('podtemplates');
  const made = await k.core.createNamespacedPodTemplate({ namespace: k.namespace, body: { metadata: { name: 'template', labels }, template: { ...podTemplate, metadata: { labels: { app: 'web' } } } } });
  // A template's pod has its defaults.
  expect(made.template?.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', containers: [{ imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log' }] });
  await k.patch(`${path}/template`, { metadata: { labels: { patched: 'true' } } }, 'strategic');
  expect((await k.core.readNamespacedPodTemplate({ namespace: k.namespace, name: 'template' })).metadata?.labels).toEqual({ ...labels, patched: 'true' });
  expect((await k.core.listPodTemplateForAllNamespaces({ labelSelector: `templates-of=${k.namespace},patched=true` })).items).toHaveLength(1);
  expect((await k.core.listPodTemplateForAllNamespaces({ labelSelector: `templates-of=${k.namespace},patched!=true` })).items).toEqual([]);
  await k.core.deleteNamespacedPodTemplate({ namespace: k.namespace, name: 'template' });
  await k.fails(k.core.readNamespacedPodTemplate({ namespace: k.namespace, name: 'template' }), { code: 404, reason: 'NotFound' });
});

row('podtemplate-deletecollection', async (k) => {
  const labels = { 'templates-of': k.namespace };
  for (const name of ['one', 'two', 'three']) await k.core.createNamespacedPodTemplate({ namespace: k.namespace, body: { metadata: { name, labels }, template: podTemplate } });
  await k.core.createNamespacedPodTemplate({ namespace: k.namespace, body: { metadata: { name: 'bystander' }, template: podTemplate } });
  const labelSelector = `templates-of=${k.namespace}`;
  expect((await k.core.listNamespacedPodTemplate({ namespace: k.namespace, labelSelector })).items).toHaveLength(3);
  await deleteCollection(k, k.path('podtemplates'), labelSelector);
  expect((await k.core.listNamespacedPodTemplate({ namespace: k.namespace })).items.map(({ metadata }) => metadata?.name)).toEqual(['bystander']);
});

row('podtemplate-replace', async (k) => {
  const made = await k.core.createNamespacedPodTemplate({ namespace: k.namespace, body: { metadata: { name: 'template' }, template: podTemplate } });
  const replaced = structured(made);
  replaced.metadata = { ...made.metadata, annotations: { updated: 'true' } };
  const answer = await k.core.replaceNamespacedPodTemplate({ namespace: k.namespace, name: 'template', body: replaced });
  expect(answer.metadata).toMatchObject({ annotations: { updated: 'true' }, uid: made.metadata?.uid });
  await k.fails(k.core.replaceNamespacedPodTemplate({ namespace: k.namespace, name: 'template', body: made }), { code: 409, reason: 'Conflict' });
});

row(
  'pod-qos',
  async (k) => {
    const resources = { cpu: '100m', memory: '100Mi' };
    const made = await k.core.createNamespacedPod({ namespace: k.namespace, body: { metadata: { name: 'guaranteed' }, spec: { nodeName: 'nowhere', containers: [{ name: 'c', image: 'none', resources: { requests: resources, limits: resources } }] } } });
    expect(made.status).toMatchObject({ qosClass: 'Guaranteed', phase: 'Pending' });
    const classOf = async (name: string, given: object): Promise<string | undefined> =>
      (await k.core.createNamespacedPod({ namespace: k.namespace, body: { metadata: { name }, spec: { nodeName: 'nowhere', containers: [{ name: 'c', image: 'none', resources: given }] } } })).status?.qosClass;
    expect(await classOf('burstable', { requests: { cpu: '1m' } })).toBe('Burstable');
    expect(await classOf('best-effort', {})).toBe('BestEffort');
    expect(await classOf('limits-only', { limits: resources })).toBe('Guaranteed');
  },
  { pods: true },
);

const pod = (runtimeClassName: string): object => ({ metadata: { generateName: 'pod-' }, spec: { runtimeClassName, nodeName: 'nowhere', containers: [{ name: 'c', image: 'none' }] } });

row('rtclass-missing-reject', async (k) => k.fails(k.raw('POST', k.path('pods'), { body: pod('no-such-class') }), { code: 403, reason: 'Forbidden', message: 'pod rejected: RuntimeClass "no-such-class" not found' }).then(() => undefined), { pods: true });

row(
  'rtclass-deleted-reject',
  async (k) => {
    const path = '/apis/node.k8s.io/v1/runtimeclasses';
    const { metadata } = await k.create(path, { metadata: { generateName: 'class-' }, handler: 'runc' });
    const name = metadata?.name ?? '';
    await k.eventually(async () => (await k.raw('POST', k.path('pods'), { body: pod(name) })).code === 201, 'a pod of the class is let in');
    await k.delete(`${path}/${name}`);
    await k.eventually(async () => (await k.raw('POST', k.path('pods'), { body: pod(name) })).code === 403, 'a pod of the class is refused');
    await k.fails(k.raw('POST', k.path('pods'), { body: pod(name) }), { code: 403, reason: 'Forbidden', message: `RuntimeClass "${name}" not found` });
  },
  { pods: true },
);

row('rtclass-api', async (k) => {
  await everyVerb(k, { groupVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', resource: 'runtimeclasses', namespaced: false, body: () => ({ handler: 'some' }) });
  const path = '/apis/node.k8s.io/v1/runtimeclasses';
  const made = await k.create<KubernetesObject & { handler: string }>(path, { metadata: { generateName: 'class-' }, handler: 'some' });
  await k.fails(k.raw('PUT', `${path}/${made.metadata?.name}`, { body: { ...made, handler: 'other' } }), { code: 422, reason: 'Invalid', message: 'handler: Invalid value: "other": field is immutable' });
  await k.fails(k.raw('POST', path, { body: { metadata: { name: k.unique('class') }, handler: 'Not A Label' } }), { code: 422, reason: 'Invalid', message: 'handler' });
});
