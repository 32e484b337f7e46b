import { expect, test } from 'vitest';
import { signingRequest } from '../../admission/signing-request-fixture.ts';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const certificates = 'certificates.k8s.io/v1';
const merge = 'application/merge-patch+json';
const json = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';
const all = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
const may = (verbs: string[], resources: string[], apiGroups = ['rbac.authorization.k8s.io'], more: object = {}): object => ({ apiGroups, resources, verbs, ...more });
const role = (name: string, rules: object[], more: object = {}): object => ({ metadata: { name }, rules, ...more });
const bind = (kind: string, name: string, to = 'eve'): object => ({ metadata: { name: 'mine' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: to }] });
const create = (resource: string, body: object, namespace = ''): Ask => ({ verb: 'create', api: rbac, resource, body, ...(namespace === '' ? {} : { namespace }) });
const patch = (resource: string, name: string, contentType: string, body: object, namespace = ''): Ask => ({ verb: 'patch', api: rbac, resource, name, contentType, body, ...(namespace === '' ? {} : { namespace }), ...(contentType === apply ? { query: { fieldManager: 'm', force: 'true' } } : {}) });

/** eve writes roles and bindings everywhere, and may besides only look at pods; nobody gave her more. */
export const escalation: Line = (rig) => {
  let isReady = false;
  async function prepared(): Promise<void> {
    if (isReady) return;
    isReady = true;
    await rig().user('eve', ['devs']);
    await rig().user('mal', []);
    await rig().make(create('clusterroles', role('own', [may(['get'], ['pods'], [''])])));
    await rig().make(create('clusterroles', role('sum', [], { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { sum: 'yes' } }] } })));
    await rig().grant('eve', [may(['get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection'], ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings']), may(['get', 'list'], ['pods'], ['']), may(['create', 'get', 'list', 'update', 'patch'], ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status'], ['certificates.k8s.io']), may(['create', 'get', 'list'], ['serviceaccounts'], ['']), { nonResourceURLs: ['/livez'], verbs: ['get'] }]);
    await rig().make(create('rolebindings', { ...bind('ClusterRole', 'view'), metadata: { name: 'viewer' } }, 'default'));
    await rig().make({ verb: 'create', api: rbac, resource: 'clusterrolebindings', body: { ...bind('ClusterRole', 'own', 'mal'), metadata: { name: 'of-mal' } } });
    await rig().make({ verb: 'create', api: certificates, resource: 'certificatesigningrequests', body: { metadata: { name: 'pending' }, spec: { request: await csr('/CN=eve'), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] } } });
  }
  const csr = async (subject: string): Promise<string> => Buffer.from(await signingRequest(subject)).toString('base64');

  test.each<[string, Ask]>([
    ['a role of everything', create('clusterroles', role('new', all))],
    ['one more verb', create('clusterroles', role('new', [may(['get', 'delete'], ['pods'], [''])]))],
    ['every verb', create('clusterroles', role('new', [may(['*'], ['pods'], [''])]))],
    ['every group', create('clusterroles', role('new', [may(['get'], ['pods'], ['*'])]))],
    ['every resource', create('clusterroles', role('new', [may(['get'], ['*'], [''])]))],
    ['a subresource', create('clusterroles', role('new', [may(['get'], ['pods/log'], [''])]))],
    ['a subresource of all', create('clusterroles', role('new', [may(['get'], ['*/log'], [''])]))],
    ['a path', create('clusterroles', role('new', [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]))],
    ['paths by a star', create('clusterroles', role('new', [{ nonResourceURLs: ['/livez*'], verbs: ['get'] }]))],
    ['impersonation', create('clusterroles', role('new', [may(['impersonate'], ['users', 'groups'], [''])]))],
    ['the verb that passes all this', create('clusterroles', role('new', [may(['escalate', 'bind'], ['clusterroles'])]))],
    ['nodes\' proxies', create('clusterroles', role('new', [may(['get'], ['nodes/proxy'], [''])]))],
    ['a role in a namespace', create('roles', role('new', [may(['get'], ['secrets'], [''])]), 'default')],
    ['what it may in a namespace only, everywhere', create('clusterroles', role('new', [may(['get'], ['configmaps'], [''])]))],
    ['what it may in one namespace, in another', create('roles', role('new', [may(['get'], ['configmaps'], [''])]), 'kube-system')],
    ['an aggregate of others', create('clusterroles', role('new', [], { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } }] } }))],
    ['an aggregate of nothing yet', create('clusterroles', role('new', [], { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { nobody: 'yet' } }] } }))],
    ['a piece of an aggregate', create('clusterroles', role('new', all, { metadata: { name: 'new', labels: { sum: 'yes' } } }))],
    ['its own role, by merge', patch('clusterroles', 'own', merge, { rules: all })],
    ['its own role, by JSON patch', patch('clusterroles', 'own', json, [{ op: 'add', path: '/rules/-', value: all[0] }])],
    ['its own role, by strategic merge', patch('clusterroles', 'own', 'application/strategic-merge-patch+json', { rules: all })],
    ['its own role, by apply', patch('clusterroles', 'own', apply, { kind: 'ClusterRole', apiVersion: rbac, ...role('own', all) })],
    ['its own role, replaced', { verb: 'update', api: rbac, resource: 'clusterroles', name: 'own', body: role('own', all) }],
    ['its own role, as an aggregate', patch('clusterroles', 'own', merge, { aggregationRule: { clusterRoleSelectors: [{}] } })],
    ['a new role by PUT', { verb: 'update', api: rbac, resource: 'clusterroles', name: 'new', body: role('new', all) }],
    ['a new role by apply', patch('clusterroles', 'new', apply, { kind: 'ClusterRole', apiVersion: rbac, ...role('new', all) })],
    ['more than can be counted', create('clusterroles', role('new', [{ apiGroups: many('g'), resources: many('r'), verbs: many('v') }]))],
    ['cluster-admin, bound', create('clusterrolebindings', bind('ClusterRole', 'cluster-admin'))],
    ['cluster-admin in a namespace', create('rolebindings', bind('ClusterRole', 'cluster-admin'), 'default')],
    ['cluster-admin by PUT', { verb: 'update', api: rbac, resource: 'clusterrolebindings', name: 'mine', body: bind('ClusterRole', 'cluster-admin') }],
    ['cluster-admin by apply', patch('clusterrolebindings', 'mine', apply, { kind: 'ClusterRoleBinding', apiVersion: rbac, ...bind('ClusterRole', 'cluster-admin') })],
    ['itself as one more subject', patch('clusterrolebindings', 'cluster-admin', json, [{ op: 'add', path: '/subjects/-', value: { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'eve' } }])],
    ['its group as one more subject', patch('clusterrolebindings', 'cluster-admin', merge, { subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'devs' }] })],
    ['a role that is to come', create('clusterrolebindings', bind('ClusterRole', 'to-come'))],
    ['what it may in a namespace, bound everywhere', create('clusterrolebindings', bind('ClusterRole', 'view'))],
    ['to others', create('clusterrolebindings', bind('ClusterRole', 'admin', 'mal'))],
  ])('roles and bindings: nobody gives %s', async (_name, ask) => {
    await prepared();
    expect(await rig().both('eve', ask)).toBe(403);
  });

  test('roles and bindings: another role cannot be put into a binding', async () => {
    await prepared();
    const bound = { verb: 'patch', api: rbac, resource: 'clusterrolebindings', name: 'of-mal', contentType: merge, body: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' } } } as const;
    expect([403, 422]).toContain(await rig().both('eve', bound));
    expect(await rig().both('admin', bound)).toBe(422);
  });

  test('roles and bindings: who holds it gives it, and the verbs that allow it do', async () => {
    await prepared();
    expect((await rig().http('eve', create('clusterroles', role('held', [may(['get'], ['pods'], [''])])))).code).toBe(201);
    expect((await rig().http('eve', create('rolebindings', { ...bind('ClusterRole', 'view', 'mal'), metadata: { name: 'held' } }, 'default'))).code).toBe(201);
    await rig().grant('mal', [may(['create'], ['clusterrolebindings']), may(['bind'], ['clusterroles'], ['rbac.authorization.k8s.io'], { resourceNames: ['edit'] })]);
    expect((await rig().http('mal', create('clusterrolebindings', bind('ClusterRole', 'edit', 'x')))).code).toBe(201);
    expect(await rig().both('mal', create('clusterrolebindings', bind('ClusterRole', 'admin', 'x')))).toBe(403);
  });

  test.each<[string, Record<string, string | string[]>, number]>([
    ['a user', { 'impersonate-user': 'admin' }, 403],
    ['a group alone', { 'impersonate-group': 'system:masters' }, 400],
    ['itself in a group', { 'impersonate-user': 'eve', 'impersonate-group': 'system:masters' }, 403],
    ['an account', { 'impersonate-user': 'system:serviceaccount:kube-system:generic-garbage-collector' }, 403],
    ['a node', { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:nodes' }, 403],
    ['a uid alone', { 'impersonate-uid': '1' }, 400],
    ['an extra alone', { 'impersonate-extra-scopes': 'all' }, 400],
    ['the anonymous', { 'impersonate-user': 'system:anonymous' }, 403],
    ['an unknown header', { 'impersonate-user': 'eve', 'impersonate-roles': 'x' }, 400],
    ['by another case', { 'Impersonate-USER': 'admin' }, 403],
  ])('impersonation: %s is not for who was not given it', async (_name, headers, code) => {
    await prepared();
    expect(await rig().both('eve', { verb: 'list', resource: 'pods', headers })).toBe(code);
  });

  test.each<[string, Record<string, string | string[]>]>([
    ['a group besides', { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' }],
    ['another user', { 'impersonate-user': 'admin' }],
    ['one group of several', { 'impersonate-user': 'bob', 'impersonate-group': ['devs', 'system:masters'] }],
    ['an extra', { 'impersonate-user': 'bob', 'impersonate-extra-scopes': 'all' }],
    ['a uid', { 'impersonate-user': 'bob', 'impersonate-uid': '1' }],
    ['an account of that name', { 'impersonate-user': 'system:serviceaccount:default:bob' }],
  ])('impersonation: who may be bob in the group devs may not be %s', async (_name, headers) => {
    await prepared();
    await rig().user('imp', []);
    await rig().grant('imp', [may(['impersonate'], ['users'], [''], { resourceNames: ['bob'] }), may(['impersonate'], ['groups'], [''], { resourceNames: ['devs'] })]);
    const self = { verb: 'create', api: 'authentication.k8s.io/v1', resource: 'selfsubjectreviews', body: {} } as const;
    expect(await rig().both('imp', { ...self, headers })).toBe(403);
    const { text } = await rig().http('imp', { ...self, headers: { 'impersonate-user': 'bob', 'impersonate-group': 'devs' } });
    expect(JSON.parse(text)).toMatchObject({ status: { userInfo: { username: 'bob', groups: ['devs', 'system:authenticated'] } } });
  });

  test.each(['admin', 'ann', 'nobody'])('headers of proxies say nothing about %s, who is none', async (as) => {
    await prepared();
    const headers = { 'x-remote-user': 'eve', 'x-remote-group': 'system:masters', 'x-remote-extra-a': 'b', 'x-forwarded-user': 'admin', 'x-forwarded-for': '127.0.0.1' };
    const ask: Ask = { verb: 'list', resource: 'secrets', headers };
    expect(await rig().both(as, ask)).toBe({ admin: 200, ann: 403, nobody: 401 }[as]);
  });

  test('and a proxy that names nobody is nobody', async () => {
    expect((await rig().http('front-proxy', { verb: 'list', resource: 'pods' })).code).toBe(401);
  });

  test.each([
    ['the group of masters', '/O=system:masters/CN=eve', 'kubernetes.io/kube-apiserver-client', 403],
    ['the group of masters among others', '/O=devs/O=system:masters/CN=eve', 'kubernetes.io/kube-apiserver-client', 403],
    ['a request that its key did not sign', '', 'kubernetes.io/kube-apiserver-client', 422],
  ])('CSR: none for %s', async (_name, subject, signerName, code) => {
    await prepared();
    const request = subject === '' ? tampered(await csr('/CN=eve')) : await csr(subject);
    expect(await rig().both('eve', { verb: 'create', api: certificates, resource: 'certificatesigningrequests', body: { metadata: { name: 'x' }, spec: { request, signerName, usages: ['client auth'] } } })).toBe(code);
  });

  test('CSR: who asked is what the server says', async () => {
    await prepared();
    const spec = { request: await csr('/CN=eve'), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], username: 'admin', uid: '1', groups: ['system:masters'], extra: { a: ['b'] } };
    const { text } = await rig().http('eve', { verb: 'create', api: certificates, resource: 'certificatesigningrequests', body: { metadata: { name: 'by-eve' }, spec } });
    expect(JSON.parse(text)).toMatchObject({ spec: { username: 'eve', groups: ['devs', 'system:authenticated'] } });
    for (const change of [{ username: 'admin' }, { groups: ['system:masters'] }, { request: await csr('/O=system:masters/CN=x') }, { signerName: 'x.example/y' }]) {
      await rig().http('eve', { verb: 'patch', api: certificates, resource: 'certificatesigningrequests', name: 'by-eve', contentType: merge, body: { spec: change } });
      const kept = await rig().make<{ spec: Record<string, unknown> } & object>({ verb: 'get', api: certificates, resource: 'certificatesigningrequests', name: 'by-eve' }) as { spec: Record<string, unknown> };
      expect(kept.spec).toMatchObject({ username: 'eve', groups: ['devs', 'system:authenticated'], request: spec.request, signerName: spec.signerName });
    }
  });

  const approved = { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }] } };
  test.each<[string, string, object, boolean]>([
    ['approved without the verb approve', 'approval', approved, true],
    ['denied without it', 'approval', { status: { conditions: [{ type: 'Denied', status: 'True', reason: 'r' }] } }, true],
    ['given a certificate without the verb sign', 'status', { status: { certificate: Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString('base64') } }, true],
    ['said to have failed without it', 'status', { status: { conditions: [{ type: 'Failed', status: 'True', reason: 'r' }] } }, true],
    ['approved by its status', 'status', approved, false],
    ['approved by itself', '', approved, false],
  ])('CSR: none is %s', async (_name, subresource, body, isRefused) => {
    await prepared();
    const ask: Ask = { verb: 'patch', api: certificates, resource: 'certificatesigningrequests', name: 'pending', subresource, contentType: merge, body };
    if (isRefused) expect(await rig().both('eve', ask)).toBe(403);
    else await rig().http('eve', ask);
    const { status } = await rig().make({ verb: 'get', api: certificates, resource: 'certificatesigningrequests', name: 'pending' }) as { status?: { conditions?: unknown[]; certificate?: string } };
    expect([status?.conditions ?? [], status?.certificate ?? '']).toEqual([[], '']);
  });

  test('CSR: the verb on one signer is not the verb on another', async () => {
    await prepared();
    await rig().user('officer', []);
    await rig().grant('officer', [may(['get', 'update', 'patch'], ['certificatesigningrequests/approval', 'certificatesigningrequests/status'], ['certificates.k8s.io']), may(['approve', 'sign'], ['signers'], ['certificates.k8s.io'], { resourceNames: ['kubernetes.io/kubelet-serving', 'example.com/*'] })]);
    for (const subresource of ['approval', 'status']) {
      const ask: Ask = { verb: 'patch', api: certificates, resource: 'certificatesigningrequests', name: 'pending', subresource, contentType: merge, body: subresource === 'approval' ? approved : { status: { conditions: [{ type: 'Failed', status: 'True', reason: 'r' }] } } };
      expect(await rig().both('officer', ask)).toBe(403);
    }
  });
};

function many(letter: string): string[] {
  return Array.from({ length: 100 }, (_, at) => `${letter}${at}`);
}

/** The last bytes are of the signature. */
function tampered(base64: string): string {
  const pem = Buffer.from(base64, 'base64').toString();
  const lines = pem.trim().split('\n');
  const der = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  der.writeUInt8(der.readUInt8(der.length - 3) ^ 1, der.length - 3);
  return Buffer.from(`${lines[0]}\n${der.toString('base64').match(/.{1,64}/g)?.join('\n')}\n${lines.at(-1)}\n`).toString('base64');
}
