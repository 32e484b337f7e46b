import { resources } from '@rhythm/api';
import type { ConfigMap, Namespace } from '@rhythm/api/types/core-v1';
import { expect, test } from 'vitest';
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
