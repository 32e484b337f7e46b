import { kindRegistry, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { PersistentVolumeClaim, Pod } from '@rhythm/api/types/core-v1';
import { describe, expect, test } from 'vitest';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { AdmissionRequest, AdmissionStep, Authorizer } from '../ports/types.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { ownerReferences } from './owner-references.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { choosePlugins } from './plugins.ts';
import { runtimeClass } from './runtime-class.ts';
import { claimResize, defaultStorageClass, storageProtection } from './storage/index.ts';

function objects(): MemoryObjects {
  const known = new MemoryObjects();
  const put = (group: string, resource: string, name: string, more: object): void => known.put(group, resource, { ...more, metadata: { name, ...(more as Partial<KubeObject>).metadata } } as KubeObject);
  const marked = (annotation: string, creationTimestamp: string): object => ({ metadata: { annotations: { [annotation]: 'true' }, creationTimestamp } });
  put('storage.k8s.io', 'storageclasses', 'old', marked('storageclass.kubernetes.io/is-default-class', '2024-01-01T00:00:00Z'));
  put('storage.k8s.io', 'storageclasses', 'new', { ...marked('storageclass.kubernetes.io/is-default-class', '2025-01-01T00:00:00Z'), allowVolumeExpansion: true });
  put('storage.k8s.io', 'storageclasses', 'other', {});
  put('networking.k8s.io', 'ingressclasses', 'front', marked('ingressclass.kubernetes.io/is-default-class', '2025-01-01T00:00:00Z'));
  put('node.k8s.io', 'runtimeclasses', 'heavy', { handler: 'h', overhead: { podFixed: { cpu: '250m' } }, scheduling: { nodeSelector: { kvm: 'yes' }, tolerations: [{ key: 'kvm', operator: 'Exists' }] } });
  put('', 'nodes', 'here', { metadata: { labels: { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1', 'kubernetes.io/hostname': 'here' } } });
  put('', 'nodes', 'bare', {});
  put('node.k8s.io', 'runtimeclasses', 'plain', { handler: 'p' });
  return known;
}

const mayAll: Authorizer = { authorize: () => Promise.resolve({ allowed: true, reason: '' }), rulesFor: () => Promise.reject(new Error('unused')) };
const nobodyMay: Authorizer = { ...mayAll, authorize: () => Promise.resolve({ allowed: false, reason: 'no' }) };

async function through<T extends KubeObject>(step: AdmissionStep, resource: string, object: object, old?: object, group = '', subresource = ''): Promise<T> {
  const request: AdmissionRequest = {
    operation: old === undefined ? 'CREATE' : 'UPDATE',
    attributes: { user: { name: 'ann', groups: [] }, verb: '', isResource: true, path: '', group, version: 'v1', resource, subresource, namespace: 'a', name: 'x' },
    kind: { kind: resource } as KindDefinition,
    object: structuredClone(object) as KubeObject,
    ...(old === undefined ? {} : { old: old as KubeObject }),
    dryRun: false,
    warn: () => undefined,
  };
  await step.admit?.(request);
  await step.validate?.(request);
  return request.object as T;
}

describe('claims', () => {
  const claim = (spec: object, more: object = {}): object => ({ metadata: { name: 'x', ...more }, spec });
  test.each([
    ['nothing said', claim({}), 'new'],
    ['no class wanted', claim({ storageClassName: '' }), ''],
    ['another', claim({ storageClassName: 'other' }), 'other'],
    ['said in the annotation', claim({}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'other' } }), undefined],
  ])('the class: %s', async (_what, given, name) => {
    expect((await through<PersistentVolumeClaim>(defaultStorageClass(objects()), 'persistentvolumeclaims', given)).spec?.storageClassName).toBe(name);
  });

  test('are protected, once', async () => {
    expect((await through(storageProtection, 'persistentvolumeclaims', claim({}))).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    expect((await through(storageProtection, 'persistentvolumes', claim({}, { finalizers: ['kubernetes.io/pv-protection'] }))).metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
    expect((await through(storageProtection, 'volumeattributesclasses', { metadata: { name: 'x' } }, undefined, 'storage.k8s.io')).metadata.finalizers).toEqual(['kubernetes.io/vac-protection']);
    expect((await through(storageProtection, 'persistentvolumes', claim({}), undefined, 'example.com')).metadata.finalizers).toBeUndefined();
    expect((await through(storageProtection, 'configmaps', claim({}))).metadata.finalizers).toBeUndefined();
  });

  test.each([
    ['bound, of a class that allows it', 'new', 'Bound', '2Gi', undefined],
    ['not bound', 'new', 'Pending', '2Gi', 'only bound persistent volume claims can be expanded'],
    ['of a class that does not', 'other', 'Bound', '2Gi', 'only dynamically provisioned pvc can be resized'],
    ['of a class that is gone', 'gone', 'Bound', '2Gi', 'only dynamically provisioned pvc can be resized'],
    ['that shrinks is not judged here', 'other', 'Pending', '512Mi', undefined],
  ])('growth of one %s', async (_what, storageClassName, phase, storage, why) => {
    const of = (size: string): object => ({ metadata: { name: 'x' }, spec: { storageClassName, resources: { requests: { storage: size } } }, status: { phase } });
    const outcome = through(claimResize(objects()), 'persistentvolumeclaims', of(storage), of('1Gi'));
    await (why === undefined ? expect(outcome).resolves.toBeDefined() : expect(outcome).rejects.toThrow(why));
  });
});

test('an Ingress gets the default class unless it names one', async () => {
  const ask = async (ingress: object): Promise<unknown> => (await through<KubeObject & { spec?: { ingressClassName?: string } }>(defaultIngressClass(objects()), 'ingresses', ingress, undefined, 'networking.k8s.io')).spec?.ingressClassName;
  expect(await ask({ metadata: { name: 'x' }, spec: {} })).toBe('front');
  expect(await ask({ metadata: { name: 'x' }, spec: { ingressClassName: 'mine' } })).toBe('mine');
  expect(await ask({ metadata: { name: 'x', annotations: { 'kubernetes.io/ingress.class': 'nginx' } }, spec: {} })).toBeUndefined();
});

describe('zone and region of the node', () => {
  const both = { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1' };
  const labelsOf = async (object: object, subresource: string, old?: object): Promise<unknown> => (await through(podTopologyLabels(objects()), 'pods', object, old, '', subresource)).metadata.labels;
  test.each([
    ['a binding', { metadata: { name: 'x' }, target: { kind: 'Node', name: 'here' } }, 'binding', both],
    ['a binding that says otherwise', { metadata: { name: 'x', labels: { 'topology.kubernetes.io/zone': 'mine', own: 'y' } }, target: { kind: 'Node', name: 'here' } }, 'binding', { ...both, own: 'y' }],
    ['a binding to something else', { metadata: { name: 'x' }, target: { kind: 'Cloud', name: 'here' } }, 'binding', undefined],
    ['a binding to a node that is not there', { metadata: { name: 'x' }, target: { kind: 'Node', name: 'gone' } }, 'binding', undefined],
    ['a binding to a node without any', { metadata: { name: 'x', labels: { own: 'y' } }, target: { kind: 'Node', name: 'bare' } }, 'binding', { own: 'y' }],
    ['a pod made for a node', { metadata: { name: 'x' }, spec: { nodeName: 'here' } }, '', both],
    ['a pod without a node', { metadata: { name: 'x' }, spec: {} }, '', undefined],
  ])('on %s', async (_what, object, subresource, labels) => {
    expect(await labelsOf(object, subresource)).toEqual(labels);
  });

  test('not on updates', async () => {
    const pod = { metadata: { name: 'x' }, spec: { nodeName: 'here' } };
    expect(await labelsOf(pod, '', pod)).toBeUndefined();
  });
});

describe('RuntimeClass', () => {
  const ask = (spec: object): Promise<Pod> => through<Pod>(runtimeClass(objects()), 'pods', { metadata: { name: 'x' }, spec: { containers: [], ...spec } });
  test('gives its overhead, selector and tolerations', async () => {
    expect((await ask({ runtimeClassName: 'heavy', nodeSelector: { disk: 'ssd' }, overhead: { cpu: '0.25' } })).spec).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { disk: 'ssd', kvm: 'yes' }, tolerations: [{ key: 'kvm', operator: 'Exists' }] });
    expect((await ask({ runtimeClassName: 'plain' })).spec.overhead).toBeUndefined();
  });
  test.each([
    ['unknown', { runtimeClassName: 'gone' }, 'pods "x" is forbidden: pod rejected: RuntimeClass "gone" not found'],
    ['another overhead', { runtimeClassName: 'heavy', overhead: { cpu: '1' } }, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    ['an overhead of its own', { overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    ['an overhead that the class has none of', { runtimeClassName: 'plain', overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without'],
    ['a selector that contradicts', { runtimeClassName: 'heavy', nodeSelector: { kvm: 'no' } }, 'conflict: runtimeClass.scheduling.nodeSelector[kvm] = yes; pod.spec.nodeSelector[kvm] = no'],
  ])('refuses %s', async (_what, spec, why) => {
    await expect(ask(spec)).rejects.toThrow(why);
  });
});

describe('OwnerReferencesPermissionEnforcement', () => {
  const owned = (blockOwnerDeletion: boolean): object => ({ metadata: { name: 'x', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u', blockOwnerDeletion }] } });
  const plain = { metadata: { name: 'x' } };
  test('asks for the right to delete, and to hold up the owner', async () => {
    const strict = ownerReferences(nobodyMay, kindRegistry);
    await expect(through(strict, 'pods', owned(false), plain)).rejects.toThrow(`pods "x" is forbidden: cannot set an ownerRef on a resource you can't delete: no`);
    await expect(through(strict, 'pods', owned(true))).rejects.toThrow('cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on');
    await through(strict, 'pods', owned(false));
    await through(strict, 'pods', owned(true), owned(true));
    await through(ownerReferences(mayAll, kindRegistry), 'pods', owned(true), plain);
    await expect(through(ownerReferences(mayAll, kindRegistry), 'pods', { metadata: { name: 'x', ownerReferences: [{ apiVersion: 'no/v1', kind: 'None', name: 'n', uid: 'u', blockOwnerDeletion: true }] } })).rejects.toThrow('cannot find RESTMapping for APIVersion no/v1 Kind None');
  });
});

describe('the choice of plug-ins', () => {
  test('what is off by default is on when asked for, and the other way round', () => {
    const isInForce = choosePlugins({ enable: ['OwnerReferencesPermissionEnforcement'], disable: ['PodSecurity'] });
    expect(['OwnerReferencesPermissionEnforcement', 'PodSecurity', 'ResourceQuota', 'no plug-in at all'].map(isInForce)).toEqual([true, false, true, true]);
    expect(choosePlugins({ enable: [], disable: [] })('OwnerReferencesPermissionEnforcement')).toBe(false);
  });
  test.each([
    ['AlwaysPullImages', [], 'the admission plug-in AlwaysPullImages of Kubernetes is not part of this server'],
    ['Podsecurity', [], 'there is no admission plug-in "Podsecurity"; there are: CertificateApproval,'],
    ['PodSecurity', ['PodSecurity'], 'the admission plug-in PodSecurity cannot be both enabled and disabled'],
  ])('%s is refused', (name, disable, why) => {
    expect(() => choosePlugins({ enable: [name], disable })).toThrow(why);
  });
});
