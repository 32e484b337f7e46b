import type { V1Namespace } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context } from '../../harness/index.ts';

const own = (k: Context): string => `/api/v1/namespaces/${k.namespace}`;

row('ns-patch', async (k) => {
  await k.patch(own(k), { metadata: { labels: { patched: 'yes' } } }, 'strategic');
  const { metadata } = await k.core.readNamespace({ name: k.namespace });
  expect(metadata?.labels).toEqual({ 'conformance-row': 'ns-patch', 'kubernetes.io/metadata.name': k.namespace, patched: 'yes' });
});

row('ns-update', async (k) => {
  const before = await k.core.readNamespace({ name: k.namespace });
  const updated = await k.core.replaceNamespace({ name: k.namespace, body: { ...before, metadata: { ...before.metadata, labels: { ...before.metadata?.labels, updated: k.namespace } } } });
  expect(updated.metadata?.labels?.['updated']).toBe(k.namespace);
  const selected = await k.core.listNamespace({ labelSelector: `updated=${k.namespace}` });
  expect(selected.items.map(({ metadata }) => metadata?.name)).toEqual([k.namespace]);
  // An update of what is no longer the newest is refused.
  await k.fails(k.core.replaceNamespace({ name: k.namespace, body: before }), { code: 409, reason: 'Conflict' });
});

row('ns-status', async (k) => {
  const { status } = await k.get<V1Namespace>(`${own(k)}/status`);
  expect(status?.phase).toBe('Active');
  const condition = (type: string): object => ({ type, status: 'True', reason: 'Row', message: `set by ${type}` });
  const patched = await k.patch<V1Namespace>(`${own(k)}/status`, { metadata: { annotations: { patched: 'yes' } }, status: { conditions: [condition('Patched')] } });
  expect(patched.metadata?.annotations?.['patched']).toBe('yes');
  expect(patched.status).toMatchObject({ phase: 'Active', conditions: [condition('Patched')] });
  const before = await k.core.readNamespaceStatus({ name: k.namespace });
  const updated = await k.core.replaceNamespaceStatus({ name: k.namespace, body: { ...before, status: { ...before.status, conditions: [...(before.status?.conditions ?? []), { ...condition('Updated'), type: 'Updated', status: 'True' }] } } });
  expect(updated.status?.conditions?.map(({ type }) => type)).toEqual(['Patched', 'Updated']);
  const after = await k.core.readNamespace({ name: k.namespace });
  expect(after.status?.conditions).toMatchObject([condition('Patched'), condition('Updated')]);
  expect(after.spec).toEqual({ finalizers: ['kubernetes'] });
  // The way to the object itself does not lead to its status.
  const plain = await k.patch<V1Namespace>(own(k), { status: { conditions: null } });
  expect(plain.status?.conditions).toHaveLength(2);
});

row('ns-finalizer', async (k) => {
  const name = 'example.com/row';
  const finalize = async (change: (finalizers: string[]) => string[]): Promise<V1Namespace> => {
    const before = await k.core.readNamespace({ name: k.namespace });
    return k.core.replaceNamespaceFinalize({ name: k.namespace, body: { ...before, spec: { finalizers: change(before.spec?.finalizers ?? []) } } });
  };
  const added = await finalize((finalizers) => [...finalizers, name]);
  expect(added.spec?.finalizers).toEqual(['kubernetes', name]);
  // Only there: an update of the namespace does not touch them.
  const read = await k.core.readNamespace({ name: k.namespace });
  expect((await k.core.replaceNamespace({ name: k.namespace, body: { ...read, spec: { finalizers: [] } } })).spec?.finalizers).toEqual(['kubernetes', name]);
  const removed = await finalize((finalizers) => finalizers.filter((finalizer) => finalizer !== name));
  expect(removed.spec?.finalizers).toEqual(['kubernetes']);
});
