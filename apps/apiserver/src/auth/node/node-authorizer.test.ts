import type { KubeObject } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { expect, test } from 'vitest';
import type { RequestAttributes } from '../../ports/types.ts';
import { MemoryObjects } from '../memory-objects.ts';
import { NodeAuthorizer } from './node-authorizer.ts';
import { NodeGraph } from './node-graph.ts';

const objects = new MemoryObjects();
const put = (group: string, resource: string, object: object): void => objects.put(group, resource, object as KubeObject);
const pod = (name: string, nodeName: string, spec: object, more: { annotations?: object; status?: object } = {}): void =>
  put('', 'pods', { metadata: { name, namespace: 'a', uid: name, ...(more.annotations === undefined ? {} : { annotations: more.annotations }) }, spec: { nodeName, containers: [], ...spec }, status: more.status ?? {} });

pod('mine', 'n1', {
  serviceAccountName: 'bot',
  imagePullSecrets: [{ name: 'pull' }],
  initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'env-from' } }, { configMapRef: { name: 'map-from' } }] }],
  containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env-key', key: 'k' } } }, { name: 'M', valueFrom: { configMapKeyRef: { name: 'map-key', key: 'k' } } }] }],
  ephemeralContainers: [{ name: 'e', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env-late', key: 'k' } } }] }],
  volumes: [
    { name: 's', secret: { secretName: 'volume' } },
    { name: 'm', configMap: { name: 'map-volume' } },
    { name: 'p', projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'map-projected' } }] } },
    { name: 'claimed', persistentVolumeClaim: { claimName: 'claim' } },
    { name: 'loose', persistentVolumeClaim: { claimName: 'thief' } },
    { name: 'own', ephemeral: { volumeClaimTemplate: {} } },
    { name: 'driver', csi: { driver: 'd', nodePublishSecretRef: { name: 'inline' } } },
  ],
  resourceClaims: [{ name: 'gpu', resourceClaimName: 'device' }, { name: 'made', resourceClaimTemplateName: 't' }],
}, { status: { resourceClaimStatuses: [{ name: 'made', resourceClaimName: 'mine-made' }] } });
pod('other', 'n2', { serviceAccountName: 'other', imagePullSecrets: [{ name: 'theirs' }], volumes: [{ name: 'v', configMap: { name: 'their-map' } }] });
pod('mirror', 'n1', { serviceAccountName: 'admin', imagePullSecrets: [{ name: 'crown' }] }, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
pod('waiting', '', { imagePullSecrets: [{ name: 'later' }] });
put('', 'persistentvolumeclaims', { metadata: { name: 'claim', namespace: 'a' }, spec: { volumeName: 'disk' } });
// A claim says that it is bound to a volume which does not say so.
put('', 'persistentvolumeclaims', { metadata: { name: 'thief', namespace: 'a' }, spec: { volumeName: 'not-mine' } });
put('', 'persistentvolumes', { metadata: { name: 'disk' }, spec: { claimRef: { namespace: 'a', name: 'claim' }, csi: { nodeStageSecretRef: { name: 'stage', namespace: 'storage' }, controllerPublishSecretRef: { name: 'controller', namespace: 'storage' } } } });
put('', 'persistentvolumes', { metadata: { name: 'not-mine' }, spec: { claimRef: { namespace: 'b', name: 'x' }, csi: { nodeStageSecretRef: { name: 'not-mine', namespace: 'storage' } } } });
put('storage.k8s.io', 'volumeattachments', { metadata: { name: 'here' }, spec: { nodeName: 'n1' } });
put('storage.k8s.io', 'volumeattachments', { metadata: { name: 'there' }, spec: { nodeName: 'n2' } });
put('resource.k8s.io', 'resourceslices', { metadata: { name: 'slice-1' }, spec: { nodeName: 'n1' } });
put('resource.k8s.io', 'resourceslices', { metadata: { name: 'slice-2' }, spec: { nodeName: 'n2' } });

let parsed = 0;
const graph = new NodeGraph(async (node) => {
  const pods = await objects.list<Pod>('', 'pods', '');
  return pods.filter(({ spec }) => spec.nodeName === node).map((held) => ({
    identity: held,
    read: () => {
      parsed++;
      return held;
    },
  }));
}, objects);
const authorizer = new NodeAuthorizer(graph, objects);
const groups: Readonly<Record<string, string>> = { leases: 'coordination.k8s.io', csinodes: 'storage.k8s.io', csidrivers: 'storage.k8s.io', volumeattachments: 'storage.k8s.io', resourceslices: 'resource.k8s.io', resourceclaims: 'resource.k8s.io', certificatesigningrequests: 'certificates.k8s.io', clusterroles: 'rbac.authorization.k8s.io', deployments: 'apps', subjectaccessreviews: 'authorization.k8s.io', runtimeclasses: 'node.k8s.io' };

/** `VERB RESOURCE[/SUB] [NAMESPACE/]NAME [SELECTOR]`. */
function asked(text: string, user = { name: 'system:node:n1', groups: ['system:nodes'] }): RequestAttributes {
  const [verb = '', what = '', where = '', fieldSelector] = text.split(' ');
  const [resource = '', subresource = ''] = what.split('/');
  const [namespace = '', name = ''] = where.includes('/') ? where.split('/') : ['', where];
  return { user, verb, isResource: true, path: '', group: groups[resource] ?? '', version: 'v1', resource, subresource, namespace, name, ...(fieldSelector === undefined ? {} : { fieldSelector }) };
}
const may = async (text: string, user?: { name: string; groups: string[] }): Promise<boolean> => (await authorizer.authorize(asked(text, user))).allowed;

test.each([
  ...['pull', 'env-from', 'env-key', 'env-late', 'volume', 'projected', 'inline'].map((name) => `get secrets a/${name}`),
  ...['map-from', 'map-key', 'map-volume', 'map-projected'].map((name) => `watch configmaps a/${name}`),
  'list secrets a/pull', 'watch secrets a/pull', 'get secrets storage/stage',
  'get persistentvolumeclaims a/claim', 'get persistentvolumeclaims a/mine-own', 'patch persistentvolumeclaims/status a/claim', 'get persistentvolumes disk', 'get volumeattachments here',
  'get resourceclaims a/device', 'get resourceclaims a/mine-made',
  'create serviceaccounts/token a/bot', 'get serviceaccounts a/bot',
  'get pods a/mine', 'list pods  spec.nodeName=n1', 'watch pods  spec.nodeName=n1,status.phase!=Failed', 'create pods a/', 'delete pods a/mine', 'patch pods/status a/mine', 'create pods/eviction a/mine',
  'get nodes n1', 'watch nodes n1', 'create nodes ', 'patch nodes n1', 'update nodes n1', 'patch nodes/status n1',
  'create leases kube-node-lease/', 'get leases kube-node-lease/n1', 'update leases kube-node-lease/n1', 'get csinodes n1', 'delete csinodes n1',
  'create resourceslices ', 'update resourceslices slice-1', 'list resourceslices  spec.nodeName=n1', 'deletecollection resourceslices  spec.nodeName=n1',
  'list services ', 'watch services ', 'create events a/', 'get endpoints a/x', 'create certificatesigningrequests ', 'create subjectaccessreviews ', 'list csidrivers ', 'watch runtimeclasses ',
])('a node may %s', async (text) => {
  expect(await may(text)).toBe(true);
});

test.each([
  // Of another node's pod, of no pod, of another namespace, of a pod that waits, of a mirror pod that the node itself made.
  'get secrets a/theirs', 'get secrets a/none', 'get secrets b/pull', 'get secrets a/later', 'get secrets a/crown', 'get secrets a/constructor',
  'list secrets a/', 'watch secrets ', 'list secrets a/ metadata.name!=pull', 'update secrets a/pull', 'delete secrets a/pull', 'get secrets/status a/pull', 'deletecollection secrets a/',
  'get secrets storage/controller', 'get secrets storage/not-mine', 'get secrets a/stage',
  'get configmaps a/their-map', 'list configmaps ', 'create configmaps a/', 'get configmaps a/pull',
  'get persistentvolumes not-mine', 'list persistentvolumes ', 'list persistentvolumeclaims a/', 'get persistentvolumeclaims a/none', 'update persistentvolumeclaims a/claim', 'patch persistentvolumeclaims/status a/none',
  'get volumeattachments there', 'list volumeattachments ', 'get resourceclaims a/none', 'patch resourceclaims a/device',
  'create serviceaccounts/token a/other', 'create serviceaccounts/token a/admin', 'create serviceaccounts/token b/bot', 'create serviceaccounts a/', 'list serviceaccounts a/',
  'get pods a/other', 'list pods ', 'list pods a/', 'watch pods  spec.nodeName=n2', 'watch pods  spec.nodeName!=n1', 'list pods  status.phase=Running', 'update pods a/mine', 'create pods/exec a/mine', 'get pods/log a/mine', 'create pods/binding a/mine', 'deletecollection pods a/',
  'get nodes n2', 'list nodes ', 'patch nodes n2', 'patch nodes/status n2', 'delete nodes n1', 'get nodes/proxy n1',
  'get leases kube-node-lease/n2', 'get leases kube-system/n1', 'list leases kube-node-lease/', 'get csinodes n2', 'list csinodes ',
  'update resourceslices slice-2', 'delete resourceslices none', 'list resourceslices ', 'list resourceslices  spec.nodeName=n2',
  'list deployments a/', 'create clusterroles ', 'list namespaces ', 'update certificatesigningrequests/approval x',
])('a node may not %s', async (text) => {
  expect(await may(text)).toBe(false);
});

test('only a member of the nodes with the name of one is a node', async () => {
  for (const user of [{ name: 'system:node:n1', groups: [] }, { name: 'n1', groups: ['system:nodes'] }, { name: 'system:node:', groups: ['system:nodes'] }]) {
    for (const text of ['get secrets a/pull', 'list services ', 'get nodes n1']) expect(await may(text, user)).toBe(false);
  }
});

test('a refusal says why', async () => {
  expect(await authorizer.authorize(asked('get secrets a/theirs'))).toEqual({ allowed: false, reason: "no relationship found between node 'n1' and this object" });
  expect(await authorizer.authorize(asked('list secrets a/'))).toEqual({ allowed: false, reason: "node 'n1' can only list individual resources of this type" });
});

test('a pod is looked through once, and again when it has changed', async () => {
  await may('get secrets a/pull');
  const before = parsed;
  for (let times = 0; times < 10; times++) await may('get secrets a/none');
  expect(parsed).toBe(before);
  expect(await may('get secrets a/new')).toBe(false);
  pod('mine', 'n1', { imagePullSecrets: [{ name: 'new' }] });
  expect(await may('get secrets a/new')).toBe(true);
  expect(await may('get secrets a/pull')).toBe(false);
  expect(parsed).toBe(before + 1);
});
