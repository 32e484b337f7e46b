import { expect } from 'vitest';
import { row, type Context } from '../../harness/index.ts';
import { everyVerb, statusApart, type Verbs } from '../verbs.ts';

const storage = { groupVersion: 'storage.k8s.io/v1', namespaced: false } as const;

const classes: Verbs = { ...storage, kind: 'StorageClass', resource: 'storageclasses', body: () => ({ provisioner: 'example.com/none', reclaimPolicy: 'Delete' }), change: { allowVolumeExpansion: true } };

row('storageclass-lifecycle', async (k) => {
  await everyVerb(k, classes);
  const path = '/apis/storage.k8s.io/v1/storageclasses';
  const made = await k.create<{ metadata: { name: string }; reclaimPolicy: string; volumeBindingMode: string }>(path, { metadata: { generateName: 'class-' }, provisioner: 'example.com/none' });
  expect(made).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
  await k.fails(k.raw('PUT', `${path}/${made.metadata.name}`, { body: { ...made, provisioner: 'example.com/other' } }), { code: 422, reason: 'Invalid', message: 'provisioner: Forbidden: updates to provisioner are forbidden.' });
});

row('vac-lifecycle', async (k) => {
  await everyVerb(k, { ...storage, kind: 'VolumeAttributesClass', resource: 'volumeattributesclasses', body: () => ({ driverName: 'example.com', parameters: { iops: '1000' } }), isControlled: true });
  const path = '/apis/storage.k8s.io/v1/volumeattributesclasses';
  const made = await k.create<{ metadata: { name: string } }>(path, { metadata: { generateName: 'class-' }, driverName: 'example.com', parameters: { iops: '1000' } });
  await k.fails(k.raw('PUT', `${path}/${made.metadata.name}`, { body: { ...made, parameters: { iops: '1' } } }), { code: 422, reason: 'Invalid', message: 'parameters: Forbidden' });
});

row('csidriver-lifecycle', async (k) => {
  await everyVerb(k, { ...storage, kind: 'CSIDriver', resource: 'csidrivers', body: () => ({ spec: { attachRequired: false, podInfoOnMount: true } }), change: { spec: { requiresRepublish: true } } });
  const made = await k.create('/apis/storage.k8s.io/v1/csidrivers', { metadata: { generateName: 'driver-' }, spec: {} });
  expect(made).toMatchObject({ spec: { attachRequired: true, podInfoOnMount: false, storageCapacity: false, fsGroupPolicy: 'ReadWriteOnceWithFSType', volumeLifecycleModes: ['Persistent'], requiresRepublish: false, seLinuxMount: false } });
});

row('csinode-lifecycle', async (k) => {
  const driver = (name: string): object => ({ name, nodeID: 'node-1', topologyKeys: ['example.com/zone'] });
  await everyVerb(k, { ...storage, kind: 'CSINode', resource: 'csinodes', body: () => ({ spec: { drivers: [driver('one.example.com')] } }), change: { spec: { drivers: [driver('one.example.com'), driver('two.example.com')] } } });
  const twice = { metadata: { name: k.unique('node') }, spec: { drivers: [driver('one.example.com'), driver('one.example.com')] } };
  await k.fails(k.raw('POST', '/apis/storage.k8s.io/v1/csinodes', { body: twice }), { code: 422, reason: 'Invalid', message: 'spec.drivers[1].name: Duplicate value' });
});

row('csistoragecapacity-api', async (k) => {
  await everyVerb(k, { ...storage, namespaced: true, kind: 'CSIStorageCapacity', resource: 'csistoragecapacities', body: () => ({ storageClassName: 'some', capacity: '1Gi', nodeTopology: { matchLabels: { zone: 'a' } } }), change: { capacity: '2Gi' } });
  const path = k.path(storage.groupVersion, 'csistoragecapacities');
  const made = await k.create<{ metadata: { name: string } }>(path, { metadata: { generateName: 'capacity-' }, storageClassName: 'some' });
  await k.fails(k.raw('PUT', `${path}/${made.metadata.name}`, { body: { ...made, storageClassName: 'other' } }), { code: 422, reason: 'Invalid', message: 'storageClassName' });
});

const attachment = (node: string): object => ({ spec: { attacher: 'example.com', nodeName: node, source: { persistentVolumeName: 'volume-1' } } });

row('volumeattachment-lifecycle', async (k) => {
  await everyVerb(k, { ...storage, kind: 'VolumeAttachment', resource: 'volumeattachments', body: () => attachment('node-1') });
  const path = '/apis/storage.k8s.io/v1/volumeattachments';
  const made = await k.create<{ metadata: { name: string }; spec: object }>(path, { metadata: { generateName: 'attachment-' }, ...attachment('node-1') });
  await k.fails(k.raw('PUT', `${path}/${made.metadata.name}`, { body: { ...made, spec: { ...made.spec, nodeName: 'node-2' } } }), { code: 422, reason: 'Invalid', message: 'spec' });
});

row('volumeattachment-status', async (k) => {
  const path = '/apis/storage.k8s.io/v1/volumeattachments';
  const made = await k.create<{ metadata: { name: string }; status: object }>(path, { metadata: { generateName: 'attachment-' }, ...attachment('node-1'), status: { attached: true } });
  const at = `${path}/${made.metadata.name}`;
  // Nobody creates one that is attached already.
  expect(made.status).toEqual({ attached: false });
  await statusApart(k, at, { patch: { attached: true }, update: { attached: false } });
});

row('csi-inline-pod-api', async (k) => {
  await k.settled();
  const labels = { inline: k.namespace };
  const pod = { metadata: { name: 'inline', labels }, spec: { nodeName: 'nowhere', containers: [{ name: 'c', image: 'none' }], volumes: [{ name: 'v', csi: { driver: 'example.com', volumeAttributes: { a: '1' } } }] } };
  await k.core.createNamespacedPod({ namespace: k.namespace, body: pod });
  const read = await k.core.readNamespacedPod({ namespace: k.namespace, name: 'inline' });
  expect(read.spec?.volumes?.find(({ name }) => name === 'v')).toMatchObject({ csi: { driver: 'example.com', volumeAttributes: { a: '1' } } });
  const other = { ...pod, metadata: { name: 'other' } };
  await k.core.createNamespacedPod({ namespace: k.namespace, body: other });
  const listed = await k.core.listPodForAllNamespaces({ labelSelector: `inline=${k.namespace}` });
  expect(listed.items.map(({ metadata }) => metadata?.name)).toEqual(['inline']);
  const patched = await k.patch<{ metadata: object }>(`${k.path('pods')}/inline`, { metadata: { labels: { patched: 'true' } } }, 'strategic');
  expect(patched.metadata).toMatchObject({ labels: { ...labels, patched: 'true' } });
  await k.fails(k.raw('POST', k.path('pods'), { body: { ...pod, metadata: { name: 'bad' }, spec: { ...pod.spec, volumes: [{ name: 'v', csi: { driver: '' } }] } } }), { code: 422, reason: 'Invalid', message: 'spec.volumes[0].csi.driver: Required value' });
  await k.core.deleteNamespacedPod({ namespace: k.namespace, name: 'inline', gracePeriodSeconds: 0 });
  await k.fails(k.core.readNamespacedPod({ namespace: k.namespace, name: 'inline' }), { code: 404, reason: 'NotFound' });
});

/** Once it says so, an object's data and the saying itself stay; the rest does not. */
async function immutable(k: Context, resource: 'configmaps' | 'secrets'): Promise<void> {
  const path = k.path(resource);
  const at = `${path}/fixed`;
  const change = (object: object): Promise<unknown> => k.raw('PATCH', at, { headers: { 'content-type': 'application/merge-patch+json' }, body: object });
  const [one, two] = resource === 'secrets' ? ['b25l', 'dHdv'] : ['one', 'two'];
  await k.create(path, { metadata: { name: 'fixed' }, data: { key: one } });
  // Until then it may change.
  expect(await k.patch(at, { data: { key: two } })).toMatchObject({ data: { key: two } });
  expect(await k.patch(at, { immutable: true })).toMatchObject({ immutable: true });
  await k.fails(change({ data: { key: one } }), { code: 422, reason: 'Invalid', message: 'data: Forbidden: field is immutable when `immutable` is set' });
  await k.fails(change({ data: { more: one } }), { code: 422, reason: 'Invalid', message: 'data: Forbidden: field is immutable when `immutable` is set' });
  await k.fails(change({ immutable: false }), { code: 422, reason: 'Invalid', message: 'immutable: Forbidden: field is immutable when `immutable` is set' });
  await k.fails(change({ immutable: null }), { code: 422, reason: 'Invalid', message: 'immutable: Forbidden: field is immutable when `immutable` is set' });
  if (resource === 'configmaps') await k.fails(change({ binaryData: { more: 'b25l' } }), { code: 422, reason: 'Invalid', message: 'binaryData: Forbidden' });
  expect(await k.patch(at, { metadata: { labels: { still: 'changes' } } })).toMatchObject({ metadata: { labels: { still: 'changes' } }, data: { key: two }, immutable: true });
  await k.delete(at);
  await k.fails(k.raw('GET', at), { code: 404, reason: 'NotFound' });
}

row('cmvol-immutable', (k) => immutable(k, 'configmaps'));
row('secvol-immutable', (k) => immutable(k, 'secrets'));
