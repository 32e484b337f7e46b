import { expect } from 'vitest';
import { row } from '../../harness/index.ts';

row('sar-api', async (k) => {
  await k.core.createNamespacedServiceAccount({ namespace: k.namespace, body: { metadata: { name: 'reader' } } });
  const user = `system:serviceaccount:${k.namespace}:reader`;
  const group = `system:serviceaccounts:${k.namespace}`;
  const attributes = (verb: string, namespace = k.namespace): object => ({ namespace, verb, version: 'v1', resource: 'configmaps' });
  const answers = async (verb: string, namespace = k.namespace): Promise<boolean[]> => {
    const spec = { user, groups: [group], resourceAttributes: attributes(verb, namespace) };
    const everywhere = await k.authorization.createSubjectAccessReview({ body: { spec } });
    const local = await k.authorization.createNamespacedLocalSubjectAccessReview({ namespace, body: { metadata: { namespace }, spec } });
    return [everywhere.status?.allowed ?? false, local.status?.allowed ?? false];
  };
  const canReally = async (): Promise<boolean> => {
    const { code } = await k.as(user, [group]).raw('GET', k.path('configmaps'));
    expect([200, 403]).toContain(code);
    return code === 200;
  };
  expect(await answers('list')).toEqual([false, false]);
  expect(await canReally()).toBe(false);

  const rbac = 'rbac.authorization.k8s.io/v1';
  await k.create(k.path(rbac, 'roles'), { metadata: { name: 'reader' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }] });
  await k.create(k.path(rbac, 'rolebindings'), { metadata: { name: 'reader' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }, subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: k.namespace }] });
  await k.eventually(async () => (await answers('list')).every(Boolean), 'the reviews allow it');
  expect(await canReally()).toBe(true);
  expect(await answers('delete')).toEqual([false, false]);
  expect(await answers('list', 'kube-system')).toEqual([false, false]);
  // A local review is about its own namespace.
  await k.fails(k.raw('POST', k.path('authorization.k8s.io/v1', 'localsubjectaccessreviews'), { body: { spec: { user, resourceAttributes: attributes('list', 'kube-system') } } }), { code: 422, reason: 'Invalid', message: 'spec.resourceAttributes.namespace: Invalid value: "kube-system": must match metadata.namespace' });
  // Whoever is authenticated may ask about oneself.
  const own = await k.as(user, [group]).raw('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: { spec: { resourceAttributes: attributes('list') } } });
  expect(own.json()).toMatchObject({ status: { allowed: true } });
});
