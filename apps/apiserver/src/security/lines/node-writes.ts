import type { Pod } from '@rhythm/api/types/core-v1';
import { expect, test } from 'vitest';
import { signingRequest } from '../../admission/signing-request-fixture.ts';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

const merge = 'application/merge-patch+json';
const at = { namespace: 'default', resource: 'pods' } as const;
const container = { name: 'c', image: 'i' };
const mirror = (spec: object = {}, metadata: object = {}, more: object = {}): object => ({ metadata: { name: 'static', annotations: { 'kubernetes.io/config.mirror': 'x' }, ...metadata }, spec: { nodeName: 'n1', containers: [container], ...spec }, ...more });

/** `system:node:n1` is the attacker, `system:node:n2` and what runs there the victim. */
export const nodeWrites: Line = (rig) => {
  const me = 'system:node:n1';
  const uids = new Map<string, string>();
  let isReady = false;
  async function prepared(): Promise<void> {
    if (isReady) return;
    isReady = true;
    await rig().make({ verb: 'create', namespace: 'default', resource: 'serviceaccounts', body: { metadata: { name: 'default' } } }).catch(() => undefined);
    for (const node of ['n1', 'n2']) {
      uids.set(node, (await rig().make({ verb: 'create', resource: 'nodes', body: { metadata: { name: node } } })).metadata.uid ?? '');
      const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: `claim-${node}` } }, { name: 's', secret: { secretName: `secret-${node}` } }];
      uids.set(`pod-${node}`, (await rig().make({ verb: 'create', ...at, body: { metadata: { name: `pod-${node}` }, spec: { nodeName: node, serviceAccountName: 'default', containers: [container], volumes } } })).metadata.uid ?? '');
      await rig().make({ verb: 'create', namespace: 'default', resource: 'secrets', body: { metadata: { name: `secret-${node}` } } });
      await rig().make({ verb: 'create', namespace: 'default', resource: 'persistentvolumeclaims', body: { metadata: { name: `claim-${node}` }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } });
      for (const [api, resource, body] of [['coordination.k8s.io/v1', 'leases', { metadata: { name: node } }], ['storage.k8s.io/v1', 'csinodes', { metadata: { name: node }, spec: { drivers: [] } }], ['resource.k8s.io/v1', 'resourceslices', { metadata: { name: node }, spec: { driver: 'd.example', nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices: [] } }]] as const) await rig().make({ verb: 'create', api, ...(resource === 'leases' ? { namespace: 'kube-node-lease' } : {}), resource, body });
    }
  }

  test.each<[string, Ask, number?]>([
    ['another node', { verb: 'patch', resource: 'nodes', name: 'n2', contentType: merge, body: { metadata: { labels: { a: 'b' } } } }],
    ['its status', { verb: 'patch', resource: 'nodes', name: 'n2', subresource: 'status', contentType: merge, body: { status: { conditions: [] } } }],
    ['its address, by replacing it', { verb: 'update', resource: 'nodes', name: 'n2', subresource: 'status', body: { metadata: { name: 'n2' }, status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } } }],
    ['another node gone', { verb: 'delete', resource: 'nodes', name: 'n2' }],
    ['all nodes gone', { verb: 'deletecollection', resource: 'nodes' }],
    ['a node of another name', { verb: 'create', resource: 'nodes', body: { metadata: { name: 'n3' } } }],
    ['a node of a generated name', { verb: 'create', resource: 'nodes', body: { metadata: { generateName: 'n' } } }],
    ['itself gone', { verb: 'delete', resource: 'nodes', name: 'n1' }],
    ['its own taints', { verb: 'patch', resource: 'nodes', name: 'n1', contentType: merge, body: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } } }],
    ['its own taints by its status', { verb: 'patch', resource: 'nodes', name: 'n1', subresource: 'status', contentType: merge, body: { metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b' } } } }],
    ['its own restricted labels', { verb: 'patch', resource: 'nodes', name: 'n1', contentType: merge, body: { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } } }],
    ['its own restricted labels, taken away', { verb: 'patch', resource: 'nodes', name: 'n1', contentType: 'application/apply-patch+yaml', query: { fieldManager: 'm' }, body: { kind: 'Node', apiVersion: 'v1', metadata: { name: 'n1', labels: { 'x.node-restriction.kubernetes.io/a': 'b' } } } }],
    ['its own owners (CVE-2025-5187)', { verb: 'patch', resource: 'nodes', name: 'n1', contentType: merge, body: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'x' }] } } }],
    ['its own owners by its status', { verb: 'patch', resource: 'nodes', name: 'n1', subresource: 'status', contentType: merge, body: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'x' }] } } }],
    ['another\'s pod status', { verb: 'patch', ...at, name: 'pod-n2', subresource: 'status', contentType: merge, body: { status: { phase: 'Failed' } } }],
    ['labels by its pod\'s status', { verb: 'patch', ...at, name: 'pod-n1', subresource: 'status', contentType: merge, body: { metadata: { labels: { app: 'victim' } } } }],
    ['its pod\'s claims by its status (CVE-2025-4563)', { verb: 'patch', ...at, name: 'pod-n1', subresource: 'status', contentType: merge, body: { status: { resourceClaimStatuses: [{ name: 'a', resourceClaimName: 'b' }] } } }, 422],
    ['its pod\'s spec', { verb: 'patch', ...at, name: 'pod-n1', contentType: merge, body: { spec: { activeDeadlineSeconds: 1 } } }],
    ['its pod\'s ephemeral containers', { verb: 'patch', ...at, name: 'pod-n1', subresource: 'ephemeralcontainers', contentType: merge, body: { spec: { ephemeralContainers: [container] } } }],
    ['its pod\'s size', { verb: 'patch', ...at, name: 'pod-n1', subresource: 'resize', contentType: merge, body: {} }],
    ['another\'s pod gone', { verb: 'delete', ...at, name: 'pod-n2' }],
    ['another\'s pod evicted', { verb: 'create', ...at, name: 'pod-n2', subresource: 'eviction', body: { metadata: { name: 'pod-n2' } } }],
    ['a pod bound to itself', { verb: 'create', ...at, name: 'pod-n2', subresource: 'binding', body: { metadata: { name: 'pod-n2' }, target: { name: 'n1' } } }],
    ['a pod that is no mirror', { verb: 'create', ...at, body: { metadata: { name: 'static' }, spec: { nodeName: 'n1', containers: [container] } } }],
    ['a mirror on another node', { verb: 'create', ...at, body: mirror({ nodeName: 'n2' }) }],
    ['a mirror that nobody placed', { verb: 'create', ...at, body: mirror({ nodeName: '' }) }, 422],
    ['a mirror with an account', { verb: 'create', ...at, body: mirror({ serviceAccountName: 'default' }) }],
    ['a mirror with a secret in envFrom of an init container', { verb: 'create', ...at, body: mirror({ initContainers: [{ ...container, name: 'i', envFrom: [{ secretRef: { name: 'secret-n2' } }] }] }) }],
    ['a mirror with a config map', { verb: 'create', ...at, body: mirror({ volumes: [{ name: 'v', configMap: { name: 'x' } }] }) }],
    ['a mirror with another\'s volume claim', { verb: 'create', ...at, body: mirror({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'claim-n2' } }] }) }],
    ['a mirror with a secret of an inline volume', { verb: 'create', ...at, body: mirror({ volumes: [{ name: 'v', csi: { driver: 'd.example', nodePublishSecretRef: { name: 'secret-n2' } } }] }) }],
    ['a mirror with a secret of an old kind of volume', { verb: 'create', ...at, body: mirror({ volumes: [{ name: 'v', cephfs: { monitors: ['m'], secretRef: { name: 'secret-n2' } } }] }) }],
    ['a mirror with a token of its own account', { verb: 'create', ...at, body: mirror({ volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle: { name: 'b', path: 'p' } }] } }] }) }],
    ['a mirror with a device (CVE-2025-4563)', { verb: 'create', ...at, body: mirror({ resourceClaims: [{ name: 'r', resourceClaimName: 'theirs' }] }) }, 422],
    ['a mirror owned by another node', { verb: 'create', ...at, body: mirror({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n2', uid: 'x', controller: true }] }) }],
    ['a mirror owned by a node of its name that was another', { verb: 'create', ...at, body: mirror({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'x', controller: true }] }) }],
    ['a mirror that keeps its owner from going', { verb: 'create', ...at, body: mirror({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'own', controller: true, blockOwnerDeletion: true }] }) }],
    ['another\'s lease', { verb: 'patch', api: 'coordination.k8s.io/v1', namespace: 'kube-node-lease', resource: 'leases', name: 'n2', contentType: merge, body: { spec: { holderIdentity: 'n1' } } }],
    ['another\'s lease gone', { verb: 'delete', api: 'coordination.k8s.io/v1', namespace: 'kube-node-lease', resource: 'leases', name: 'n2' }],
    ['a lease of another name', { verb: 'create', api: 'coordination.k8s.io/v1', namespace: 'kube-node-lease', resource: 'leases', body: { metadata: { name: 'n3' } } }],
    ['a leader\'s lease', { verb: 'create', api: 'coordination.k8s.io/v1', namespace: 'kube-system', resource: 'leases', body: { metadata: { name: 'n1' } } }],
    ['another\'s drivers', { verb: 'patch', api: 'storage.k8s.io/v1', resource: 'csinodes', name: 'n2', contentType: merge, body: { metadata: { labels: { a: 'b' } } } }],
    ['another\'s devices', { verb: 'patch', api: 'resource.k8s.io/v1', resource: 'resourceslices', name: 'n2', contentType: merge, body: { metadata: { labels: { a: 'b' } } } }],
    ['devices in the name of another', { verb: 'create', api: 'resource.k8s.io/v1', resource: 'resourceslices', body: { metadata: { name: 's' }, spec: { driver: 'd.example', nodeName: 'n2', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [] } } }],
    ['devices of all nodes', { verb: 'create', api: 'resource.k8s.io/v1', resource: 'resourceslices', body: { metadata: { name: 's' }, spec: { driver: 'd.example', allNodes: true, pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [] } } }],
    ['its own devices given to another', { verb: 'patch', api: 'resource.k8s.io/v1', resource: 'resourceslices', name: 'n1', contentType: merge, body: { spec: { nodeName: 'n2' } } }, 422],
    ['another\'s claim', { verb: 'patch', namespace: 'default', resource: 'persistentvolumeclaims', name: 'claim-n2', subresource: 'status', contentType: merge, body: { status: { phase: 'Lost' } } }],
    ['the phase of a claim that it uses', { verb: 'patch', namespace: 'default', resource: 'persistentvolumeclaims', name: 'claim-n1', subresource: 'status', contentType: merge, body: { status: { phase: 'Lost' } } }],
    ['the labels of a claim that it uses', { verb: 'patch', namespace: 'default', resource: 'persistentvolumeclaims', name: 'claim-n1', subresource: 'status', contentType: merge, body: { metadata: { labels: { a: 'b' }, finalizers: ['a.example/b'] } } }],
    ['another\'s secret', { verb: 'get', namespace: 'default', resource: 'secrets', name: 'secret-n2' }],
    ['a secret that it uses, changed', { verb: 'patch', namespace: 'default', resource: 'secrets', name: 'secret-n1', contentType: merge, body: {} }],
    ['a token of no pod', { verb: 'create', namespace: 'default', resource: 'serviceaccounts', name: 'default', subresource: 'token', body: { spec: {} } }],
    ['a token of another\'s pod', { verb: 'create', namespace: 'default', resource: 'serviceaccounts', name: 'default', subresource: 'token', body: { spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'pod-n2', uid: 'pod-n2' } } } }],
    ['a token of a pod by name alone', { verb: 'create', namespace: 'default', resource: 'serviceaccounts', name: 'default', subresource: 'token', body: { spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'pod-n1' } } } }],
    ['a token for an audience of its choice', { verb: 'create', namespace: 'default', resource: 'serviceaccounts', name: 'default', subresource: 'token', body: { spec: { audiences: ['vault'], boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'pod-n1', uid: 'pod-n1' } } } }],
    ['in another\'s clothes', { verb: 'get', resource: 'nodes', name: 'n2', headers: { 'impersonate-user': 'system:node:n2', 'impersonate-group': 'system:nodes' } }],
  ])('%s is not for a node', async (_name, ask, code) => {
    await prepared();
    // The uids that only the server knows.
    const body = JSON.parse(JSON.stringify(ask.body ?? null).replace(/"uid":"(pod-n\d)"/, (_, pod: string) => `"uid":"${uids.get(pod) ?? ''}"`).replace('"uid":"own"', `"uid":"${uids.get('n1') ?? ''}"`)) as unknown;
    // 422: whoever asks, it is no such object.
    expect(await rig().both(me, body === null ? ask : { ...ask, body })).toBe(code ?? 403);
  });

  test.each([
    ['the name of another', 'system:node:n2', 'kubernetes.io/kube-apiserver-client-kubelet', ['client auth', 'digital signature']],
    ['the serving name of another', 'system:node:n2', 'kubernetes.io/kubelet-serving', ['server auth', 'digital signature']],
    ['a name that is no node\'s', 'kubernetes-admin', 'kubernetes.io/kube-apiserver-client-kubelet', ['client auth', 'digital signature']],
  ])('a node asks for no certificate in %s', async (_name, commonName, signerName, usages) => {
    const request = Buffer.from(await signingRequest(`/O=system:nodes/CN=${commonName}`)).toString('base64');
    expect(await rig().both(me, { verb: 'create', api: 'certificates.k8s.io/v1', resource: 'certificatesigningrequests', body: { metadata: { generateName: 'csr-' }, spec: { request, signerName, usages } } })).toBe(403);
  });

  test('and what is its own it writes', async () => {
    await prepared();
    const request = Buffer.from(await signingRequest(`/O=system:nodes/CN=${me}`)).toString('base64');
    const own: Ask[] = [
      { verb: 'patch', resource: 'nodes', name: 'n1', subresource: 'status', contentType: merge, body: { status: { nodeInfo: { kubeletVersion: 'v1' } } } },
      { verb: 'patch', ...at, name: 'pod-n1', subresource: 'status', contentType: merge, body: { status: { phase: 'Running' } } },
      { verb: 'patch', namespace: 'default', resource: 'persistentvolumeclaims', name: 'claim-n1', subresource: 'status', contentType: merge, body: { status: { capacity: { storage: '2Gi' } } } },
      { verb: 'create', api: 'certificates.k8s.io/v1', resource: 'certificatesigningrequests', body: { metadata: { name: 'own' }, spec: { request, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['client auth', 'digital signature'] } } },
      { verb: 'create', ...at, body: mirror({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: uids.get('n1'), controller: true }] }) as Pod },
      { verb: 'get', namespace: 'default', resource: 'secrets', name: 'secret-n1' },
    ];
    for (const ask of own) {
      const { code, text } = await rig().http(me, ask);
      expect(code, text).toBeLessThan(300);
    }
  });
};
