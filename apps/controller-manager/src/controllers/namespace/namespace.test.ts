import { ApiError, resources } from '@rhythm/api';
import type { ConfigMap, Namespace } from '@rhythm/api/types/core-v1';
import { describe, expect, test } from 'vitest';
import { startRootCa } from '../root-ca/reconcile.ts';
import { startServiceAccount } from '../service-account/reconcile.ts';
import { rig, type Rig } from '../../testing.ts';
import { startNamespace } from './reconcile.ts';

const namespace = (more: Partial<Namespace['metadata']> = {}): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'team', ...more },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

const inTeam = (r: Rig, name: string, finalizers: string[] = []): Promise<ConfigMap> =>
  r.client.create(resources.configMaps, 'team', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'team', finalizers } });

const terminate = (r: Rig): unknown =>
  r.client.seed(resources.namespaces, { ...namespace({ deletionTimestamp: '2026-01-01T00:00:00Z', uid: r.client.peek(resources.namespaces, '', 'team')?.metadata.uid }), status: { phase: 'Terminating' } });

test('a new namespace gets its service account and the certificate, again when they are deleted', async () => {
  const r = await rig(startServiceAccount, (context) => startRootCa(context, 'PEM'));
  r.client.seed(resources.namespaces, namespace());
  await r.settle();
  expect(r.client.peek(resources.serviceAccounts, 'team', 'default')).toBeDefined();
  expect(r.client.peek(resources.configMaps, 'team', 'kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' });
  await r.client.delete(resources.configMaps, 'team', 'kube-root-ca.crt');
  await r.client.delete(resources.serviceAccounts, 'team', 'default');
  await r.settle();
  expect(r.client.peek(resources.configMaps, 'team', 'kube-root-ca.crt')).toBeDefined();
  expect(r.client.peek(resources.serviceAccounts, 'team', 'default')).toBeDefined();
  await r.stop();
});

test('a namespace on its way out is emptied; what holds it is named', async () => {
  const r = await rig(startNamespace);
  r.client.seed(resources.namespaces, namespace());
  await inTeam(r, 'a');
  const held = await inTeam(r, 'b', ['example.org/hold']);
  await r.settle();
  terminate(r);
  await r.settle(3000);
  expect(r.client.all(resources.configMaps, 'team').map((c) => c.metadata.name)).toEqual(['b']);
  const messages = (r.client.peek(resources.namespaces, '', 'team')?.status.conditions ?? []).filter((c) => c.status === 'True').map((c) => c.message);
  expect(messages).toEqual(['Some resources are remaining: configmaps has 1 resource instances', 'Some content in the namespace has finalizers remaining: example.org/hold in 1 resource instances']);
  r.client.remove(resources.configMaps, 'team', held.metadata.name ?? '');
  await r.settle(3000);
  expect(r.client.peek(resources.namespaces, '', 'team')?.spec.finalizers ?? []).toEqual([]);
  await r.stop();
});

describe('an aggregated server', () => {
  const flunders = { group: 'wardle.example.com', version: 'v1', resource: 'flunders', kind: 'Flunder', namespaced: true };
  const served = { metadata: {}, resources: [{ name: 'flunders', kind: 'Flunder', namespaced: true, verbs: ['get', 'list', 'delete', 'watch'] }, { name: 'reviews', kind: 'Review', namespaced: true, verbs: ['create'] }] };

  async function withServer(answer: () => unknown): Promise<Rig> {
    const r = await rig(startNamespace);
    const get = r.client.get.bind(r.client);
    // The API server tells of other servers' kinds as a subresource.
    Object.assign(r.client, { get: (...[resource, at, name, options]: Parameters<typeof get>) => (options?.subresource === 'resources' ? Promise.resolve().then(answer) : get(resource, at, name, options)) });
    r.client.seed(resources.apiServices, { metadata: { name: 'v1.wardle.example.com' }, spec: { group: 'wardle.example.com', version: 'v1', service: { namespace: 'x', name: 'y', port: 443 }, groupPriorityMinimum: 1, versionPriority: 1 }, status: {} });
    r.client.seed(resources.namespaces, namespace());
    await r.settle();
    return r;
  }
  const conditionsOf = (r: Rig): Record<string, string> => Object.fromEntries((r.client.peek(resources.namespaces, '', 'team')?.status.conditions ?? []).map((c) => [c.type, `${c.status} ${c.reason ?? ''}`]));

  test('has its objects deleted with the others', async () => {
    const r = await withServer(() => served);
    await r.client.create(flunders, 'team', { metadata: { name: 'one', namespace: 'team' } });
    terminate(r);
    await r.settle(3000);
    expect(r.client.all(flunders, 'team')).toEqual([]);
    expect(r.client.peek(resources.namespaces, '', 'team')?.spec.finalizers ?? []).toEqual([]);
    await r.stop();
  });

  test('that does not say what it has keeps the namespace, which says so; all else goes', async () => {
    let isThere = false;
    const r = await withServer(() => {
      if (!isThere) throw new ApiError('ServiceUnavailable', 'stale GroupVersion discovery: wardle.example.com/v1');
      return served;
    });
    await inTeam(r, 'a');
    terminate(r);
    await r.settle(3000);
    expect(r.client.all(resources.configMaps, 'team')).toEqual([]);
    expect(conditionsOf(r)).toMatchObject({ NamespaceDeletionDiscoveryFailure: 'True DiscoveryFailed', NamespaceContentRemaining: 'False ContentRemoved' });
    expect(r.client.peek(resources.namespaces, '', 'team')?.spec.finalizers).toEqual(['kubernetes']);
    isThere = true;
    await r.settle(6000);
    expect(r.client.peek(resources.namespaces, '', 'team')?.spec.finalizers ?? []).toEqual([]);
    await r.stop();
  });
});
