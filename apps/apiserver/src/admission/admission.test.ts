import { describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '@rhythm/base';
import { kindRegistry, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { Node, Pod } from '@rhythm/api/types/core-v1';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { AdmissionRequest, Authorizer } from '../ports/types.ts';
import { signingRequest } from './signing-request-fixture.ts';
import { admissionSteps, systemPriorityClasses } from './index.ts';

const nobodyMay: Authorizer = { authorize: () => Promise.resolve({ allowed: false, reason: '' }), rulesFor: () => Promise.reject(new Error('unused')) };

interface Asked {
  readonly operation?: AdmissionRequest['operation'];
  readonly what: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly group?: string;
  readonly object?: object;
  readonly old?: object;
  readonly user?: string;
}

function cluster(): MemoryObjects {
  const objects = new MemoryObjects();
  objects.put('', 'namespaces', { metadata: { name: 'a' }, status: { phase: 'Active' } } as KubeObject);
  objects.put('', 'namespaces', { metadata: { name: 'dying' }, status: { phase: 'Terminating' } } as KubeObject);
  objects.put('', 'serviceaccounts', { metadata: { name: 'default', namespace: 'a' } });
  const volumes = [
    { name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { serviceAccountToken: { path: 'vault', audience: 'vault' } }] } },
    { name: 'd', csi: { driver: 'inline' } },
    { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
  ];
  for (const [name, audience] of [['inline', 'for-inline'], ['bound', 'for-bound'], ['unused', 'for-unused']]) objects.put('storage.k8s.io', 'csidrivers', { metadata: { name }, spec: { tokenRequests: [{ audience }] } } as unknown as KubeObject);
  objects.put('', 'persistentvolumeclaims', { metadata: { name: 'claim', namespace: 'a' }, spec: { volumeName: 'disk' } } as unknown as KubeObject);
  objects.put('', 'persistentvolumes', { metadata: { name: 'disk' }, spec: { csi: { driver: 'bound' } } } as unknown as KubeObject);
  for (const node of ['n1', 'n2']) objects.put('', 'pods', { metadata: { name: `on-${node}`, namespace: 'a', uid: node }, spec: { nodeName: node, volumes } } as KubeObject);
  return objects;
}

async function admit(asked: Asked, objects = cluster()): Promise<KubeObject | undefined> {
  const [resource = '', subresource = ''] = asked.what.split('/');
  const user = asked.user ?? 'ann';
  const request: AdmissionRequest = {
    operation: asked.operation ?? 'CREATE',
    attributes: {
      user: { name: user, groups: user.startsWith('system:node') ? ['system:nodes'] : [] },
      verb: 'create', isResource: true, path: '', group: asked.group ?? '', version: 'v1', resource, subresource,
      namespace: asked.namespace ?? '', name: asked.name ?? '',
    },
    kind: { kind: resource } as KindDefinition,
    ...(asked.object === undefined ? {} : { object: JSON.parse(JSON.stringify(asked.object)) as KubeObject }),
    ...(asked.old === undefined ? {} : { old: asked.old as KubeObject }),
    dryRun: false,
    warn: () => undefined,
  };
  const steps = admissionSteps(objects, { clock: new VirtualClock(0), random: seededRandom(1), authorizer: nobodyMay, registry: kindRegistry, changes: objects, escalation: { name: 'none' } });
  for (const step of steps) await step.admit?.(request);
  for (const step of steps) await step.validate?.(request);
  return request.object;
}
const pod = (spec: object = {}, metadata: object = {}): object => ({ metadata: { name: 'p', namespace: 'a', ...metadata }, spec: { containers: [{ name: 'c' }], ...spec } });
const admitPod = async (spec: object = {}, objects?: MemoryObjects, metadata: object = {}): Promise<Pod> => (await admit({ what: 'pods', namespace: 'a', object: pod(spec, metadata) }, objects)) as Pod;

describe('NamespaceLifecycle', () => {
  test('refuses missing and terminating namespaces, lets deletes through', async () => {
    await expect(admit({ what: 'configmaps', namespace: 'gone', object: { metadata: {} } })).rejects.toMatchObject({ reason: 'NotFound', message: 'namespaces "gone" not found' });
    await expect(admit({ what: 'configmaps', namespace: 'dying', name: 'c', object: { metadata: {} } })).rejects.toMatchObject({
      message: 'configmaps "c" is forbidden: unable to create new content in namespace dying because it is being terminated',
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    await admit({ what: 'configmaps', namespace: 'dying', operation: 'UPDATE', object: { metadata: {} } });
    await admit({ what: 'configmaps', namespace: 'gone', operation: 'DELETE', name: 'c' });
  });

  test.each(['default', 'kube-system', 'kube-public'])('%s cannot be deleted', async (name) => {
    await expect(admit({ what: 'namespaces', operation: 'DELETE', name })).rejects.toThrow(`namespaces "${name}" is forbidden: this namespace may not be deleted`);
    await admit({ what: 'namespaces', operation: 'DELETE', name: 'other' });
  });
});

describe('ServiceAccount', () => {
  test('mounts a token in every container and init container', async () => {
    const { spec } = await admitPod({ initContainers: [{ name: 'i' }] });
    expect(spec.serviceAccountName).toBe('default');
    const volume = spec.volumes?.[0];
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume?.projected?.sources).toEqual([
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ]);
    const mount = { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    expect([spec.containers[0]?.volumeMounts, spec.initContainers?.[0]?.volumeMounts]).toEqual([[mount], [mount]]);
  });

  test('respects pods and accounts that want none, and mounts of their own', async () => {
    expect((await admitPod({ automountServiceAccountToken: false })).spec.volumes).toBeUndefined();
    const objects = cluster();
    objects.put('', 'serviceaccounts', { metadata: { name: 'default', namespace: 'a' }, automountServiceAccountToken: false, imagePullSecrets: [{ name: 's' }] } as KubeObject);
    const quiet = await admitPod({}, objects);
    expect([quiet.spec.volumes, quiet.spec.imagePullSecrets]).toEqual([undefined, [{ name: 's' }]]);
    expect((await admitPod({ automountServiceAccountToken: true }, objects)).spec.volumes).toHaveLength(1);
    const own = { name: 'mine', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    expect((await admitPod({ containers: [{ name: 'c', volumeMounts: [own] }] })).spec.volumes).toBeUndefined();
  });

  test('refuses an account that does not exist', async () => {
    await expect(admitPod({ serviceAccountName: 'nope' })).rejects.toThrow('pods "p" is forbidden: error looking up service account a/nope: serviceaccount "nope" not found');
  });
});

describe('Priority', () => {
  test('resolves class names, the default class, and nothing at all', async () => {
    expect((await admitPod()).spec).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
    expect((await admitPod({ priorityClassName: 'system-node-critical' })).spec.priority).toBe(2_000_001_000);
    const objects = cluster();
    const [first] = systemPriorityClasses();
    objects.put('scheduling.k8s.io', 'priorityclasses', { ...first, metadata: { name: 'usual' }, value: 7, globalDefault: true } as KubeObject);
    expect((await admitPod({}, objects)).spec).toMatchObject({ priority: 7, priorityClassName: 'usual' });
    await expect(admit({ what: 'priorityclasses', group: 'scheduling.k8s.io', object: { metadata: { name: 'other' }, value: 1, globalDefault: true } }, objects)).rejects.toThrow('usual is already marked as default');
  });

  test('refuses unknown classes and a number of the pod’s own choice', async () => {
    await expect(admitPod({ priorityClassName: 'nope' })).rejects.toThrow('no PriorityClass with name nope was found');
    await expect(admitPod({ priority: 2_000_001_000 })).rejects.toThrow('the integer value of priority (2000001000) must not be provided');
  });
});

test('DefaultTolerationSeconds adds what is missing once', async () => {
  const { spec } = await admitPod({ tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] });
  expect(spec.tolerations?.map((t) => [t.key, t.tolerationSeconds])).toEqual([['node.kubernetes.io/not-ready', 5], ['node.kubernetes.io/unreachable', 300]]);
  expect((await admitPod({ tolerations: [{ operator: 'Exists' }] })).spec.tolerations).toHaveLength(1);
});

describe('LimitRanger', () => {
  const limited = (...limits: object[]): MemoryObjects => {
    const objects = cluster();
    objects.put('', 'limitranges', { metadata: { name: 'l', namespace: 'a' }, spec: { limits } } as unknown as KubeObject);
    return objects;
  };
  const container = (resources: object): object => ({ containers: [{ name: 'c', resources }] });

  test('gives defaults and says so, but changes nothing that was given', async () => {
    const objects = limited({ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });
    const made = await admitPod({ ...container({ limits: { cpu: '2' } }), initContainers: [{ name: 'i' }] }, objects);
    expect(made.spec.containers[0]?.resources).toEqual({ limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '100m' } });
    expect(made.spec.initContainers?.[0]?.resources).toEqual({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } });
    expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toContain('memory limit for container c');
  });

  test('refuses what is outside of the bounds', async () => {
    const bounds = limited({ type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } });
    await admitPod(container({ requests: { cpu: '500m' }, limits: { cpu: '1' } }), bounds);
    await expect(admitPod(container({ requests: { cpu: '1' }, limits: { cpu: '2' } }), bounds)).rejects.toThrow('pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2');
    await expect(admitPod(container({ requests: { cpu: '50m' }, limits: { cpu: '100m' } }), bounds)).rejects.toThrow('minimum cpu usage per Container is 100m, but request is 50m');
    await expect(admitPod(container({ requests: { cpu: '100m' }, limits: { cpu: '1' } }), bounds)).rejects.toThrow('but provided ratio is 10.000000');
    await expect(admitPod({}, bounds)).rejects.toThrow('No limit is specified');
  });

  test('adds up pods, side-cars before init containers included, and looks at claims', async () => {
    const pods = limited({ type: 'Pod', max: { cpu: '3' } });
    const use = (cpu: string, more: object = {}): object => ({ name: 'x', resources: { limits: { cpu }, requests: { cpu } }, ...more });
    await admitPod({ containers: [use('1'), use('1')], initContainers: [use('1', { restartPolicy: 'Always' }), use('2')] }, pods);
    await expect(admitPod({ containers: [use('1'), use('1')], initContainers: [use('1', { restartPolicy: 'Always' }), use('2500m')] }, pods)).rejects.toThrow('maximum cpu usage per Pod is 3, but limit is 3500m');
    const claims = limited({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } });
    const claim = (storage: string) => admit({ what: 'persistentvolumeclaims', namespace: 'a', name: 'c', object: { metadata: { name: 'c' }, spec: { resources: { requests: { storage } } } } }, claims);
    await claim('1Gi');
    await expect(claim('2Gi')).rejects.toMatchObject({ message: 'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi' });
  });

  test('looks at a resize, at what a pod asks for as a whole, and not at what is on its way out', async () => {
    const pods = limited({ type: 'Pod', max: { cpu: '1' } });
    await expect(admitPod({ containers: [{ name: 'c' }], resources: { requests: { cpu: '2' }, limits: { cpu: '2' } } }, pods)).rejects.toThrow('[maximum cpu usage per Pod is 1, but limit is 2, maximum cpu usage per Pod is 1, but request is 2]');
    const big = pod(container({ requests: { cpu: '2' }, limits: { cpu: '2' } }));
    const update = (what: string, old: object): Promise<unknown> => admit({ operation: 'UPDATE', what, namespace: 'a', name: 'p', object: big, old }, pods);
    await expect(update('pods/resize', pod())).rejects.toThrow('but limit is 2');
    await update('pods', pod());
    await update('pods/resize', pod({}, { deletionTimestamp: '2024-01-01T00:00:00Z' }));
  });
});

test('new nodes are tainted as not ready', async () => {
  const node = (await admit({ what: 'nodes', object: { metadata: { name: 'n1' } } })) as Node;
  expect(node.spec.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
});

test('external IPs may stay but not be added', async () => {
  const service = (ips: string[]): object => ({ metadata: { name: 's' }, spec: { externalIPs: ips } });
  await expect(admit({ what: 'services', namespace: 'a', object: service(['10.0.0.1']) })).rejects.toThrow('Use of external IPs is denied by admission control.');
  await admit({ what: 'services', namespace: 'a', operation: 'UPDATE', object: service(['10.0.0.1']), old: service(['10.0.0.1', '10.0.0.2']) });
});

describe('NodeRestriction', () => {
  const user = 'system:node:n1';
  const nodeObject = (more: object = {}, metadata: object = {}): object => ({ metadata: { name: 'n1', ...metadata }, spec: { ...more } });
  const update = (object: object, old: object, what = 'nodes', name = 'n1') => admit({ what, operation: 'UPDATE', name, object, old, user });

  test('a kubelet writes its own node, but not its taints, owners or restricted labels', async () => {
    await admit({ what: 'nodes', object: nodeObject({}, { labels: { 'kubernetes.io/hostname': 'n1', 'example.com/x': '1' } }), user });
    await update(nodeObject(), nodeObject(), 'nodes/status');
    await expect(update(nodeObject(), nodeObject(), 'nodes', 'n2')).rejects.toThrow('node "n1" is not allowed to modify node "n2"');
    await expect(update(nodeObject({ taints: [] }), nodeObject({ taints: [{ key: 'k', effect: 'NoSchedule' }] }))).rejects.toThrow('not allowed to modify taints');
    await expect(update(nodeObject({}, { ownerReferences: [{ name: 'x' }] }), nodeObject())).rejects.toThrow('ownerReferences');
    await expect(update(nodeObject({}, { labels: { 'node-restriction.kubernetes.io/pci': 'yes' } }), nodeObject())).rejects.toThrow('is not allowed to modify labels: node-restriction.kubernetes.io/pci');
    await expect(update(nodeObject({}, { labels: { 'node-role.kubernetes.io/control-plane': '' } }), nodeObject(), 'nodes/status')).rejects.toThrow('modify labels');
    await expect(admit({ what: 'nodes', operation: 'DELETE', name: 'n1', user })).rejects.toThrow('not allowed to delete itself');
  });

  test('a kubelet touches only pods bound to it', async () => {
    const bound = (node: string, more: object = {}): object => ({ metadata: { name: 'p', ...more }, spec: { nodeName: node } });
    const status = (node: string, more?: object) => admit({ what: 'pods/status', namespace: 'a', name: 'p', operation: 'UPDATE', object: bound(node, more), old: bound(node), user });
    await status('n1');
    await expect(status('n2')).rejects.toThrow('can only update pod status for pods with spec.nodeName set to itself');
    await expect(status('n1', { labels: { app: 'other' } })).rejects.toThrow('cannot update labels through pod status');
    const remove = (name: string) => admit({ what: 'pods', namespace: 'a', operation: 'DELETE', name, user });
    await remove('on-n1');
    await expect(remove('on-n2')).rejects.toThrow('can only delete pods');
    await expect(admit({ what: 'pods', namespace: 'a', operation: 'UPDATE', name: 'on-n1', object: bound('n1'), old: bound('n1'), user })).rejects.toThrow('can only create and delete mirror pods');
    await expect(admit({ what: 'pods/eviction', namespace: 'a', name: 'on-n2', object: { metadata: {} }, user })).rejects.toThrow('can only evict pods');
  });

  test('mirror pods hold no references, not even through envFrom', async () => {
    const mirror = (spec: object) => admit({ what: 'pods', namespace: 'a', object: pod({ nodeName: 'n1', ...spec }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }), user });
    await mirror({});
    await expect(mirror({ nodeName: 'n2' })).rejects.toThrow('spec.nodeName set to itself');
    await expect(mirror({ containers: [{ name: 'c', envFrom: [{ secretRef: { name: 's' } }] }] })).rejects.toThrow('can not create pods that reference secrets');
    await expect(mirror({ ephemeralContainers: [{ name: 'e', env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] }] })).rejects.toThrow('reference configmaps');
    await expect(mirror({ serviceAccountName: 'default' })).rejects.toThrow('service account');
    await expect(admit({ what: 'pods', namespace: 'a', object: pod({ nodeName: 'n1' }), user })).rejects.toThrow('can only create mirror pods');
  });

  test('tokens only for pods on the node, leases only its own', async () => {
    const token = (name: string, uid?: string, audiences: readonly string[] = []) =>
      admit({ what: 'serviceaccounts/token', namespace: 'a', name: 'default', object: { metadata: {}, spec: { audiences, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } } }, user });
    await token('on-n1', 'n1');
    for (const audience of ['vault', 'for-inline', 'for-bound']) await token('on-n1', 'n1', [audience]);
    for (const audience of ['other', 'for-unused']) await expect(token('on-n1', 'n1', [audience])).rejects.toThrow(`audience "${audience}" not found in pod spec volume`);
    await expect(token('on-n1', 'n1', ['vault', 'for-inline'])).rejects.toThrow('node may only request 0 or 1 audiences');
    await expect(token('on-n2', 'n2')).rejects.toThrow('scheduled on a different node');
    await expect(token('on-n1', 'other')).rejects.toThrow('UID');
    await expect(token('on-n1')).rejects.toThrow('without a uid');
    await expect(admit({ what: 'serviceaccounts/token', namespace: 'a', name: 'default', object: { metadata: {}, spec: {} }, user })).rejects.toThrow('not bound to a pod');
    const objects = cluster();
    objects.put('', 'namespaces', { metadata: { name: 'kube-node-lease' } });
    const lease = (namespace: string, name: string) => admit({ what: 'leases', group: 'coordination.k8s.io', namespace, object: { metadata: { name } }, user }, objects);
    await lease('kube-node-lease', 'n1');
    await expect(lease('kube-node-lease', 'n2')).rejects.toThrow('same name as the requesting node');
    await expect(lease('a', 'n1')).rejects.toThrow('kube-node-lease');
  });

  test('a member of system:nodes without a node name may write nothing', async () => {
    await expect(admit({ what: 'events', namespace: 'a', object: { metadata: {} }, user: 'system:node:' })).rejects.toThrow('could not determine node');
  });
});

test('a signing request says who asked, whatever it claims', async () => {
  const request = Buffer.from(await signingRequest('/CN=x')).toString('base64');
  const object = { metadata: { name: 'r' }, spec: { request, signerName: 'example.com/x', username: 'system:admin', uid: '1', groups: ['system:masters'], extra: { a: ['b'] } } };
  expect(await admit({ what: 'certificatesigningrequests', group: 'certificates.k8s.io', object })).toEqual({ metadata: { name: 'r' }, spec: { request, signerName: 'example.com/x', username: 'ann', groups: [] } });
});
