import { expect } from 'vitest';
import type { V1ResourceQuota } from '@kubernetes/client-node';
import { row } from '../../harness/index.ts';

const quota = (name: string, hard: Record<string, string>, labels: Record<string, string> = {}): V1ResourceQuota => ({ metadata: { name, labels }, spec: { hard } });

row('quota-update-delete', async (k) => {
  const { namespace } = k;
  const made = await k.core.createNamespacedResourceQuota({ namespace, body: quota('q', { cpu: '1', memory: '500Mi' }) });
  expect(made.spec?.hard).toEqual({ cpu: '1', memory: '500Mi' });
  const updated = await k.retried(async () => {
    const read = await k.core.readNamespacedResourceQuota({ name: 'q', namespace });
    return k.core.replaceNamespacedResourceQuota({ name: 'q', namespace, body: { ...read, spec: { hard: { cpu: '2000m', memory: '1Gi' } } } });
  });
  // Quantities are kept as Kubernetes writes them.
  expect(updated.spec?.hard).toEqual({ cpu: '2', memory: '1Gi' });
  expect((await k.core.readNamespacedResourceQuota({ name: 'q', namespace })).spec?.hard).toEqual({ cpu: '2', memory: '1Gi' });
  await k.core.deleteNamespacedResourceQuota({ name: 'q', namespace });
  await k.fails(k.core.readNamespacedResourceQuota({ name: 'q', namespace }), { code: 404, reason: 'NotFound', message: 'resourcequotas "q" not found' });
});

row('quota-lifecycle', async (k) => {
  const { namespace } = k;
  const labelSelector = `of=${k.namespace}`;
  await k.core.createNamespacedResourceQuota({ namespace, body: quota('q', { cpu: '0.5' }, { of: k.namespace }) });
  await k.core.createNamespacedResourceQuota({ namespace, body: quota('other', { cpu: '1' }, { of: 'another' }) });
  const everywhere = await k.core.listResourceQuotaForAllNamespaces({ labelSelector });
  expect(everywhere.items.map(({ metadata, spec }) => [metadata?.namespace, metadata?.name, spec?.hard])).toEqual([[namespace, 'q', { cpu: '500m' }]]);
  const patched = await k.patch<V1ResourceQuota>(`${k.path('resourcequotas')}/q`, { metadata: { labels: { patched: 'yes' } }, spec: { hard: { memory: '750Mi' } } }, 'strategic');
  expect([patched.metadata?.labels, patched.spec?.hard]).toEqual([{ of: k.namespace, patched: 'yes' }, { cpu: '500m', memory: '750Mi' }]);
  await k.core.deleteCollectionNamespacedResourceQuota({ namespace, labelSelector });
  expect((await k.core.listNamespacedResourceQuota({ namespace })).items.map(({ metadata }) => metadata?.name)).toEqual(['other']);
});
