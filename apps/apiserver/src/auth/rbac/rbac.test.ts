import { describe, expect, test } from 'vitest';
import { silentLog } from '@rhythm/base';
import type { KindDefinition, KubeObject } from '@rhythm/api';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, RoleBinding } from '@rhythm/api/types/rbac-v1';
import type { RequestAttributes, UserInfo } from '../../ports/types.ts';
import { forbidden } from '../forbidden.ts';
import { MemoryObjects } from '../memory-objects.ts';
import { planAggregation } from './aggregation.ts';
import { RbacAuthorizer } from './authorizer.ts';
import { bootstrapObjects, reconciled } from './bootstrap.ts';
import { missingPermissions, permissionsMax } from './covers.ts';
import { escalationStep } from './escalation.ts';
import { LiveSubjectIndex, rbacGroup } from './live-index.ts';
import { keepAggregated, reconcileAggregation, reconcileBootstrap } from './reconcile.ts';
import { ruleAllows } from './rule.ts';

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, 'system:authenticated'] });
const asks = (who: UserInfo, verb: string, what: string, namespace = '', name = '', group = ''): RequestAttributes => {
  const [resource = '', subresource = ''] = what.split('/');
  return { user: who, verb, isResource: true, path: '', group, version: 'v1', resource, subresource, namespace, name };
};
const clusterRole = (name: string, ...rules: PolicyRule[]): ClusterRole => ({ kind: 'ClusterRole', metadata: { name }, rules });
const clusterBinding = (name: string, role: string, subject: object): ClusterRoleBinding =>
  ({ kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role }, subjects: [subject] }) as ClusterRoleBinding;

async function bootstrapped(): Promise<{ objects: MemoryObjects; authorizer: RbacAuthorizer; can: (a: RequestAttributes) => Promise<boolean> }> {
  const objects = new MemoryObjects();
  await reconcileBootstrap(objects, objects);
  const authorizer = new RbacAuthorizer(new LiveSubjectIndex(objects, objects));
  return { objects, authorizer, can: async (a) => (await authorizer.authorize(a)).allowed };
}

describe('a rule', () => {
  const request = (more: object) => ({ verb: 'get', isResource: true, path: '', group: '', resource: 'pods', subresource: '', name: '', ...more });

  test('for pods does not reach pods/log, and */log reaches only that subresource', () => {
    const pods = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    expect(ruleAllows(pods, request({}))).toBe(true);
    expect(ruleAllows(pods, request({ subresource: 'log' }))).toBe(false);
    const logs = { ...pods, resources: ['*/log'] };
    expect(ruleAllows(logs, request({ subresource: 'log' }))).toBe(true);
    expect(ruleAllows(logs, request({}))).toBe(false);
    expect(ruleAllows({ ...pods, resources: ['*'] }, request({ subresource: 'exec' }))).toBe(true);
  });

  test('with resourceNames is silent about requests without a name', () => {
    const rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: ['a'] };
    expect(ruleAllows(rule, request({ name: 'a' }))).toBe(true);
    expect(ruleAllows(rule, request({ name: 'b' }))).toBe(false);
    expect(ruleAllows(rule, request({}))).toBe(false);
  });

  test('for paths takes a trailing star as a prefix and never answers for resources', () => {
    const rule = { verbs: ['get'], nonResourceURLs: ['/healthz/*', '/version'] };
    const path = (p: string) => ruleAllows(rule, request({ isResource: false, path: p }));
    expect([path('/healthz/etcd'), path('/healthz'), path('/version'), path('/version/x')]).toEqual([true, false, true, false]);
    expect(ruleAllows({ verbs: ['*'], nonResourceURLs: ['*'] }, request({}))).toBe(false);
  });
});

describe('the authorizer', () => {
  test('denies by default, and system:masters may do everything', async () => {
    const { can } = await bootstrapped();
    expect(await can(asks(user('nobody'), 'get', 'pods', 'default'))).toBe(false);
    expect(await can(asks(user('root', 'system:masters'), 'delete', 'nodes'))).toBe(true);
  });

  test('gives a role binding its own namespace only, a cluster role through it too', async () => {
    const { objects, can } = await bootstrapped();
    const binding: RoleBinding = { metadata: { name: 'b', namespace: 'a' }, roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'User', name: 'ann' }] };
    objects.put(rbacGroup, 'rolebindings', binding);
    expect(await can(asks(user('ann'), 'list', 'pods', 'a'))).toBe(true);
    expect(await can(asks(user('ann'), 'list', 'pods', 'b'))).toBe(false);
    expect(await can(asks(user('ann'), 'list', 'pods'))).toBe(false);
    expect(await can(asks(user('ann'), 'list', 'secrets', 'a'))).toBe(false);
    objects.delete(rbacGroup, 'rolebindings', 'a', 'b');
    expect(await can(asks(user('ann'), 'list', 'pods', 'a'))).toBe(false);
  });

  test('reads the objects once per change, not once per request', async () => {
    const { objects, can } = await bootstrapped();
    await can(asks(user('x'), 'get', 'pods', 'a'));
    const before = objects.reads;
    for (let i = 0; i < 100; i++) await can(asks(user('x'), 'get', 'pods', 'a'));
    expect(objects.reads).toBe(before);
  });

  test('a change during a rebuild is not lost', async () => {
    const { objects, can } = await bootstrapped();
    const first = can(asks(user('ann'), 'get', 'nodes'));
    objects.put(rbacGroup, 'clusterrolebindings', clusterBinding('late', 'cluster-admin', { kind: 'User', name: 'ann' }));
    await first;
    expect(await can(asks(user('ann'), 'get', 'nodes'))).toBe(true);
  });

  test('service account subjects stand for the account of that namespace only', async () => {
    const { objects, can } = await bootstrapped();
    objects.put(rbacGroup, 'clusterrolebindings', clusterBinding('sa', 'view', { kind: 'ServiceAccount', name: 'bot', namespace: 'ci' }));
    expect(await can(asks(user('system:serviceaccount:ci:bot'), 'list', 'pods', 'x'))).toBe(true);
    expect(await can(asks(user('system:serviceaccount:other:bot'), 'list', 'pods', 'x'))).toBe(false);
    expect(await can(asks(user('bot'), 'list', 'pods', 'x'))).toBe(false);
  });

  test('a namespace or user called __proto__ finds nothing', async () => {
    const { can } = await bootstrapped();
    expect(await can(asks(user('__proto__', 'constructor'), 'list', 'pods', '__proto__'))).toBe(false);
  });

  test('stored objects that are not whole grant nothing and break nothing', async () => {
    const { objects, can } = await bootstrapped();
    const broken = [{}, { roleRef: null, subjects: [{}] }, { roleRef: { kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'User' }, null, { kind: 'Group', name: '' }] }];
    broken.forEach((rest, i) => objects.put(rbacGroup, 'clusterrolebindings', { metadata: { name: `broken-${i}` }, ...rest } as KubeObject));
    objects.put(rbacGroup, 'clusterroles', { metadata: { name: 'broken' }, rules: [{}] } as unknown as KubeObject);
    objects.put(rbacGroup, 'clusterrolebindings', clusterBinding('to-broken', 'broken', { kind: 'User', name: 'ann' }));
    expect(await can(asks(user('undefined', ''), 'get', 'secrets', 'a'))).toBe(false);
    expect(await can(asks(user('ann'), 'get', 'secrets', 'a'))).toBe(false);
    expect(await can(asks(user('system:kube-proxy'), 'list', 'services'))).toBe(true);
  });

  test('refusals read as in Kubernetes', () => {
    const message = (a: RequestAttributes): string => forbidden(a).message;
    expect(message(asks(user('x'), 'list', 'pods', 'default'))).toBe('pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"');
    expect(message(asks(user('x'), 'get', 'deployments/scale', '', 'web', 'apps'))).toBe(
      'deployments.apps "web" is forbidden: User "x" cannot get resource "deployments/scale" in API group "apps" at the cluster scope',
    );
    expect(message({ ...asks(user('x'), 'get', ''), isResource: false, path: '/metrics' })).toBe('forbidden: User "x" cannot get path "/metrics"');
  });
});

describe('the bootstrap', () => {
  test('gives the components what they need and no more', async () => {
    const { can } = await bootstrapped();
    const proxy = user('system:kube-proxy');
    for (const verb of ['list', 'watch']) {
      expect(await can(asks(proxy, verb, 'services'))).toBe(true);
      expect(await can(asks(proxy, verb, 'endpointslices', '', '', 'discovery.k8s.io'))).toBe(true);
      expect(await can(asks(proxy, verb, 'nodes'))).toBe(true);
      for (const what of ['services', 'namespaces', 'pods']) expect(await can(asks(user('system:rhythm-dns'), verb, what))).toBe(true);
    }
    expect(await can(asks(proxy, 'list', 'secrets'))).toBe(false);
    expect(await can(asks(user('system:rhythm-dns'), 'list', 'secrets'))).toBe(false);
    expect(await can(asks(user('system:kube-scheduler'), 'create', 'pods/binding', 'a', 'p'))).toBe(true);
    expect(await can(asks(user('system:kube-controller-manager'), 'create', 'pods', 'a'))).toBe(true);
    expect(await can(asks(user('system:kube-controller-manager'), 'update', 'leases', 'kube-system', 'kube-controller-manager', 'coordination.k8s.io'))).toBe(true);
    const node = user('system:node:n1', 'system:nodes');
    // Nodes have what the Node authorizer gives them: no role gives them every Secret.
    for (const [verb, what] of [['get', 'secrets'], ['list', 'configmaps'], ['patch', 'nodes/status'], ['create', 'serviceaccounts/token']] as const) expect(await can(asks(node, verb, what, 'default', 'x'))).toBe(false);
  });

  test('lets everybody who is authenticated discover the API and ask about themselves', async () => {
    const { authorizer, can } = await bootstrapped();
    const path = { ...asks(user('x'), 'get', ''), isResource: false, path: '/openapi/v2' };
    expect((await authorizer.authorize(path)).allowed).toBe(true);
    expect(await can(asks(user('x'), 'create', 'selfsubjectaccessreviews', '', '', 'authorization.k8s.io'))).toBe(true);
    expect((await authorizer.authorize({ ...path, user: { name: 'system:anonymous', groups: ['system:unauthenticated'] } })).allowed).toBe(false);
  });

  test('fills aggregated roles: admin holds what edit and view hold', () => {
    const find = (name: string): ClusterRole => bootstrapObjects().find((o) => o.kind === 'ClusterRole' && o.metadata.name === name) as ClusterRole;
    const [admin, edit, view] = [find('admin'), find('edit'), find('view')];
    expect(view.rules.length).toBeGreaterThan(5);
    expect(missingPermissions(edit.rules, view.rules)).toEqual([]);
    expect(missingPermissions(admin.rules, edit.rules)).toEqual([]);
    expect(missingPermissions(view.rules, edit.rules).length).toBeGreaterThan(0);
  });

  test('a second run writes nothing', async () => {
    const { objects } = await bootstrapped();
    const refuse = () => Promise.reject(new Error('wrote'));
    await expect(reconcileBootstrap(objects, { create: refuse, update: refuse })).resolves.toBeUndefined();
    await expect(reconcileAggregation(objects, { create: refuse, update: refuse })).resolves.toBeUndefined();
  });

  test('brings lost rules and subjects back, keeps additions, and respects autoupdate=false', () => {
    const wanted = clusterRole('r', { verbs: ['get'], apiGroups: [''], resources: ['pods'] }, { verbs: ['list'], apiGroups: [''], resources: ['nodes'] });
    const own = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };
    const found = { ...clusterRole('r', own), metadata: { name: 'r', resourceVersion: '7' } };
    expect((reconciled(found, wanted) as ClusterRole).rules).toEqual([own, ...wanted.rules]);
    expect(reconciled(found, wanted)?.metadata.resourceVersion).toBe('7');
    const stopped = { ...found, metadata: { name: 'r', annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } } };
    expect(reconciled(stopped, wanted)).toBeUndefined();
    const binding = clusterBinding('b', 'r', { kind: 'User', name: 'a' });
    const other = reconciled(clusterBinding('b', 'r', { kind: 'User', name: 'z' }), binding) as ClusterRoleBinding;
    expect(other.subjects?.map((s) => s.name)).toEqual(['z', 'a']);
  });
});

describe('aggregation', () => {
  const aggregate = (name: string, label: string, labels: Record<string, string> = {}): ClusterRole => ({
    metadata: { name, labels },
    rules: [],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  });
  const part = (name: string, label: string, resource: string): ClusterRole => ({ metadata: { name, labels: { [label]: 'true' } }, rules: [{ verbs: ['get'], apiGroups: [''], resources: [resource] }] });

  test('is the union in order of name, through several levels', () => {
    const plan = planAggregation([aggregate('top', 'to-top'), aggregate('mid', 'to-mid', { 'to-top': 'true' }), part('b', 'to-mid', 'b'), part('a', 'to-mid', 'a')]);
    expect(plan.get('mid')?.map((r) => r.resources?.[0])).toEqual(['a', 'b']);
    expect(plan.get('top')).toEqual(plan.get('mid'));
  });

  test('two aggregates that choose each other settle', () => {
    const plan = planAggregation([aggregate('x', 'y', { x: 'true' }), aggregate('y', 'x', { y: 'true' }), part('p', 'x', 'p')]);
    expect(plan.get('x')).toEqual(plan.get('y'));
  });

  test('is kept true after a write of a chosen role', async () => {
    const objects = new MemoryObjects();
    objects.put(rbacGroup, 'clusterroles', aggregate('all', 'mine'));
    const stop = keepAggregated(objects, objects, objects, silentLog);
    objects.put(rbacGroup, 'clusterroles', part('p', 'mine', 'pods'));
    await new Promise<void>((resolve) => {
      const done = objects.onChange(rbacGroup, 'clusterroles', () => (done(), resolve()));
    });
    expect((await objects.get<ClusterRole>(rbacGroup, 'clusterroles', '', 'all'))?.rules).toHaveLength(1);
    stop();
  });
});

describe('escalation', () => {
  const kinds: Record<string, KindDefinition> = Object.fromEntries(
    ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].map((kind) => [kind, { kind, group: rbacGroup } as KindDefinition]),
  );
  async function write(who: UserInfo, kind: string, object: object, namespace = '', more: Array<[string, KubeObject]> = [], old?: object): Promise<void> {
    const { objects, authorizer } = await bootstrapped();
    for (const [resource, extra] of more) objects.put(rbacGroup, resource, extra);
    await escalationStep(authorizer).validate?.({
      operation: old === undefined ? 'CREATE' : 'UPDATE',
      attributes: asks(who, 'create', `${kind.toLowerCase()}s`, namespace, '', rbacGroup),
      kind: kinds[kind] as KindDefinition,
      object: object as KubeObject,
      ...(old === undefined ? {} : { old: old as KubeObject }),
      dryRun: false,
      warn: () => undefined,
    });
  }
  const nsAdmin: Array<[string, KubeObject]> = [
    ['rolebindings', { metadata: { name: 'a', namespace: 'a' }, roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'admin' }, subjects: [{ kind: 'User', name: 'ann' }] } as KubeObject],
  ];
  const secrets = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };
  const role = (...rules: PolicyRule[]) => ({ metadata: { name: 'r', namespace: 'a' }, rules });
  const bind = (kind: string, name: string) => ({ metadata: { name: 'b', namespace: 'a' }, roleRef: { apiGroup: rbacGroup, kind, name }, subjects: [{ kind: 'User', name: 'ann' }] });

  test('a role with permissions its writer holds there is fine, one with others is not', async () => {
    await expect(write(user('ann'), 'Role', role(secrets), 'a', nsAdmin)).resolves.toBeUndefined();
    const nodes = { verbs: ['get'], apiGroups: [''], resources: ['nodes'] };
    await expect(write(user('ann'), 'Role', role(nodes), 'a', nsAdmin)).rejects.toThrow(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "ann" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}',
    );
    await expect(write(user('ann'), 'Role', role({ ...secrets, verbs: ['*'] }), 'a', nsAdmin)).rejects.toThrow('not currently held');
    await expect(write(user('ann'), 'ClusterRole', { metadata: { name: 'r' }, rules: [secrets] }, '', nsAdmin)).rejects.toThrow('not currently held');
  });

  test('binding cluster-admin needs cluster-admin or the verb bind on it', async () => {
    await expect(write(user('ann'), 'RoleBinding', bind('ClusterRole', 'cluster-admin'), 'a', nsAdmin)).rejects.toThrow('not currently held');
    await expect(write(user('ann'), 'RoleBinding', bind('ClusterRole', 'view'), 'a', nsAdmin)).resolves.toBeUndefined();
    const binder: Array<[string, KubeObject]> = [
      ['clusterroles', clusterRole('binder', { verbs: ['bind'], apiGroups: [rbacGroup], resources: ['clusterroles'], resourceNames: ['cluster-admin'] })],
      ['clusterrolebindings', clusterBinding('binder', 'binder', { kind: 'User', name: 'ann' })],
    ];
    await expect(write(user('ann'), 'RoleBinding', bind('ClusterRole', 'cluster-admin'), 'a', binder)).resolves.toBeUndefined();
    await expect(write(user('ann'), 'RoleBinding', bind('ClusterRole', 'system:node'), 'a', binder)).rejects.toThrow('not currently held');
  });

  test('a role that does not exist cannot be bound in advance', async () => {
    await expect(write(user('ann'), 'RoleBinding', bind('Role', 'later'), 'a', nsAdmin)).rejects.toThrow('not found');
  });

  test('choosing what is aggregated needs everything', async () => {
    const aggregated = { metadata: { name: 'r' }, rules: [], aggregationRule: { clusterRoleSelectors: [{}] } };
    await expect(write(user('ann'), 'ClusterRole', aggregated, '', nsAdmin)).rejects.toThrow('not currently held');
    await expect(write(user('root', 'system:masters'), 'ClusterRole', aggregated)).resolves.toBeUndefined();
  });

  test('an update that grants nothing new passes', async () => {
    const old = role({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
    await expect(write(user('ann'), 'Role', { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }, 'a', [], old)).resolves.toBeUndefined();
  });

  test('a role too large to be checked is refused', async () => {
    const many = Array.from({ length: Math.ceil(Math.cbrt(permissionsMax)) + 1 }, (_, i) => `x${i}`);
    const everythingHeld: Array<[string, KubeObject]> = [['clusterrolebindings', clusterBinding('b', 'cluster-admin', { kind: 'User', name: 'ann' })]];
    const huge = role({ verbs: many, apiGroups: many, resources: many });
    const held: Array<[string, KubeObject]> = [...everythingHeld, ['clusterroles', clusterRole('cluster-admin', { verbs: many, apiGroups: ['*'], resources: ['*'] })]];
    await expect(write(user('ann'), 'Role', huge, 'a', held)).rejects.toThrow('more than');
  });
});
