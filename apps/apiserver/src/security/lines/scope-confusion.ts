import { expect, test } from 'vitest';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x', namespace: 'theirs' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const rbac = 'rbac.authorization.k8s.io/v1';

/** bob may do everything within `mine`, carol everything with objects that lie in no namespace. */
export const scopeConfusion: Line = (rig) => {
  let isReady = false;
  async function prepared(): Promise<void> {
    if (isReady) return;
    isReady = true;
    for (const name of ['mine', 'theirs']) {
      await rig().make({ verb: 'create', resource: 'namespaces', body: { metadata: { name } } });
      await rig().make({ verb: 'create', namespace: name, resource: 'configmaps', body: { metadata: { name: 'x' }, data: { of: name } } });
    }
    await rig().user('bob', []);
    await rig().user('carol', []);
    await rig().grant('bob', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }], 'mine');
    await rig().grant('carol', [{ apiGroups: [''], resources: ['namespaces', 'nodes', 'persistentvolumes'], verbs: ['*'] }, { apiGroups: [rbac.split('/')[0]], resources: ['clusterroles'], verbs: ['*'] }]);
  }

  const merge = 'application/merge-patch+json';
  test.each<[string, Ask, number, number]>([
    ['get of a namespaced object', { verb: 'get', resource: 'configmaps', name: 'x' }, 403, 404],
    ['update', { verb: 'update', resource: 'configmaps', name: 'x', body: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', namespace: 'mine' } } }, 403, 404],
    ['patch', { verb: 'patch', resource: 'configmaps', name: 'x', contentType: merge, body: { metadata: { namespace: 'mine' } } }, 403, 404],
    ['delete', { verb: 'delete', resource: 'configmaps', name: 'x' }, 403, 404],
    ['create', { verb: 'create', resource: 'configmaps', body: { metadata: { name: 'y', namespace: 'mine' } } }, 403, 405],
    ['deletecollection', { verb: 'deletecollection', resource: 'configmaps' }, 403, 405],
    ['list', { verb: 'list', resource: 'configmaps', query: { fieldSelector: 'metadata.namespace=mine' } }, 403, 200],
    ['a pod\'s status', { verb: 'get', resource: 'pods', name: 'x', subresource: 'status' }, 403, 404],
    ['a pod\'s log', { verb: 'get', resource: 'pods', name: 'x', subresource: 'log' }, 403, 404],
    ['an eviction', { verb: 'create', resource: 'pods', name: 'x', subresource: 'eviction', body: { metadata: { name: 'x', namespace: 'mine' } } }, 403, 404],
    ['a binding', { verb: 'create', resource: 'pods', name: 'x', subresource: 'binding', body: { metadata: { name: 'x', namespace: 'mine' }, target: { name: 'n' } } }, 403, 404],
    ['a scale', { verb: 'get', api: 'apps/v1', resource: 'deployments', name: 'x', subresource: 'scale' }, 403, 404],
    ['a local review', { verb: 'create', api: 'authorization.k8s.io/v1', resource: 'localsubjectaccessreviews', body: { spec: { user: 'bob', resourceAttributes: { namespace: 'mine' } } } }, 403, 405],
  ])('%s by the URL of the cluster', async (_name, ask, bob, admin) => {
    await prepared();
    expect([await rig().both('bob', ask), await rig().both('carol', ask), await rig().both('admin', ask)]).toEqual([bob, bob, admin]);
  });

  test.each<[string, Ask]>([
    ['a node', { verb: 'get', namespace: 'mine', resource: 'nodes', name: 'x' }],
    ['all nodes', { verb: 'list', namespace: 'mine', resource: 'nodes' }],
    ['a new node', { verb: 'create', namespace: 'mine', resource: 'nodes', body: { metadata: { name: 'x' } } }],
    ['all nodes gone', { verb: 'deletecollection', namespace: 'mine', resource: 'nodes' }],
    ['a cluster role', { verb: 'create', api: rbac, namespace: 'mine', resource: 'clusterroles', body: { metadata: { name: 'x' }, rules: [] } }],
    ['a cluster role changed', { verb: 'patch', api: rbac, namespace: 'mine', resource: 'clusterroles', name: 'view', contentType: merge, body: { metadata: { labels: { a: 'b' } } } }],
    ['a volume', { verb: 'delete', namespace: 'mine', resource: 'persistentvolumes', name: 'x' }],
    ['a review of anybody', { verb: 'create', api: 'authorization.k8s.io/v1', namespace: 'mine', resource: 'subjectaccessreviews', body: { spec: { user: 'bob' } } }],
    ['a definition', { verb: 'list', api: 'apiextensions.k8s.io/v1', namespace: 'mine', resource: 'customresourcedefinitions' }],
    ['a certificate request approved', { verb: 'update', api: 'certificates.k8s.io/v1', namespace: 'mine', resource: 'certificatesigningrequests', name: 'x', subresource: 'approval', body: {} }],
  ])('%s by the URL of a namespace, in which one may do everything', async (_name, ask) => {
    await prepared();
    expect(await rig().both('bob', ask)).toBe(404);
  });

  test.each<[string, Ask]>([
    ['create', { verb: 'create', namespace: 'mine', resource: 'pods', body: pod }],
    ['update', { verb: 'update', namespace: 'mine', resource: 'configmaps', name: 'x', body: { metadata: { name: 'x', namespace: 'theirs' } } }],
    ['merge patch', { verb: 'patch', namespace: 'mine', resource: 'configmaps', name: 'x', contentType: merge, body: { metadata: { namespace: 'theirs' } } }],
    ['JSON patch', { verb: 'patch', namespace: 'mine', resource: 'configmaps', name: 'x', contentType: 'application/json-patch+json', body: [{ op: 'replace', path: '/metadata/namespace', value: 'theirs' }] }],
    ['strategic merge patch', { verb: 'patch', namespace: 'mine', resource: 'configmaps', name: 'x', contentType: 'application/strategic-merge-patch+json', body: { $patch: 'replace', metadata: { name: 'x', namespace: 'theirs' } } }],
    ['apply', { verb: 'patch', namespace: 'mine', resource: 'configmaps', name: 'x', contentType: 'application/apply-patch+yaml', query: { fieldManager: 'm' }, body: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', namespace: 'theirs' } } }],
    ['another name', { verb: 'update', namespace: 'mine', resource: 'configmaps', name: 'x', body: { metadata: { name: 'z', namespace: 'mine' } } }],
    ['another name by patch', { verb: 'patch', namespace: 'mine', resource: 'configmaps', name: 'x', contentType: merge, body: { metadata: { name: 'z' } } }],
    ['another kind', { verb: 'create', namespace: 'mine', resource: 'configmaps', body: { ...pod, metadata: { name: 'q' } } }],
    ['an eviction of another', { verb: 'create', namespace: 'mine', resource: 'pods', name: 'x', subresource: 'eviction', body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'x', namespace: 'theirs' } } }],
    ['a binding of another', { verb: 'create', namespace: 'mine', resource: 'bindings', body: { metadata: { name: 'x', namespace: 'theirs' }, target: { name: 'n' } } }],
    ['a token in another', { verb: 'create', namespace: 'mine', resource: 'serviceaccounts', name: 'default', subresource: 'token', body: { metadata: { namespace: 'theirs' }, spec: {} } }],
    ['a review of another', { verb: 'create', api: 'authorization.k8s.io/v1', namespace: 'mine', resource: 'localsubjectaccessreviews', body: { spec: { user: 'bob', resourceAttributes: { namespace: 'theirs', resource: 'pods', verb: 'get' } } } }],
  ])('a body that says other than its URL: %s', async (_name, ask) => {
    await prepared();
    const code = await rig().both('bob', ask);
    expect([400, 404, 405, 422]).toContain(code);
    const { data } = await rig().make<{ data?: unknown } & object>({ verb: 'get', namespace: 'theirs', resource: 'configmaps', name: 'x' }) as { data?: unknown };
    expect(data).toEqual({ of: 'theirs' });
    const { items } = await rig().make<{ items: { metadata: { namespace: string } }[] }>({ verb: 'list', namespace: 'theirs', resource: 'pods' });
    expect(items).toEqual([]);
  });

  test('who may delete one may not delete all by leaving out its name, and who may read one may not list', async () => {
    await prepared();
    await rig().user('dave', []);
    await rig().grant('dave', [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['x'], verbs: ['get', 'list', 'delete', 'update', 'patch', 'create'] }], 'mine');
    const at = { namespace: 'mine', resource: 'configmaps' } as const;
    for (const ask of [{ ...at, verb: 'deletecollection' }, { ...at, verb: 'list' }, { ...at, verb: 'create', body: { metadata: { name: 'x' } } }, { ...at, verb: 'list', query: { fieldSelector: 'metadata.name!=x' } }, { ...at, verb: 'deletecollection', query: { fieldSelector: 'metadata.name=x' } }] as const) expect(await rig().both('dave', ask), JSON.stringify(ask)).toBe(403);
    expect((await rig().grpc('dave', { ...at, verb: 'delete', name: '' })).code).toBeGreaterThanOrEqual(400);
    expect(await rig().both('dave', { ...at, verb: 'list', query: { fieldSelector: 'metadata.name=x' } })).toBe(200);
  });
};
