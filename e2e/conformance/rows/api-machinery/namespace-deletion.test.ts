import type { KubernetesObject, V1ConfigMap, V1Namespace, V1Pod } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { row, semantics, type Context } from '../../harness/index.ts';

/** A namespace beside the row's own, with the account that pods need. */
async function another(k: Context, name: string): Promise<string> {
  await k.create('/api/v1/namespaces', { metadata: { name } });
  const path = `/api/v1/namespaces/${name}`;
  if (semantics !== 'none') await k.until(`${path}/serviceaccounts/default`, (object) => object !== undefined, 'the default ServiceAccount');
  return path;
}

const finalizer = 'example.com/row';
const pod = (name: string): object => ({ metadata: { name }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: inject('busybox'), command: ['sleep', '3600'] }] } });
const names = async (k: Context, path: string): Promise<unknown> => (await k.get<{ items: KubernetesObject[] }>(path)).items.map(({ metadata }) => metadata?.name);

/** Deletes it, waits until it has gone, makes it anew: what was in it is not there. */
async function emptied(k: Context, name: string, resource: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  // Holds it for as long as it is looked at.
  const holding = `${path}/secrets/holds`;
  await k.create(`${path}/secrets`, { metadata: { name: 'holds', finalizers: [finalizer] } });
  const release = (): Promise<unknown> => k.raw('PATCH', holding, { body: { metadata: { finalizers: null } }, headers: { 'content-type': 'application/merge-patch+json' } });
  k.cleanup(release);
  const terminating = await k.delete<V1Namespace>(path);
  expect(terminating.status?.phase).toBe('Terminating');
  await k.fails(k.create(`${path}/configmaps`, { metadata: { name: 'late' } }), { code: 403, reason: 'Forbidden', message: 'because it is being terminated' });
  await release();
  await k.gone(path);
  await another(k, name);
  expect(await names(k, `${path}/${resource}`)).toEqual([]);
}

row('ns-delete-pods', async (k) => {
  const name = k.unique('filled');
  const path = await another(k, name);
  await k.create(`${path}/pods`, pod('p'));
  await k.until<V1Pod>(`${path}/pods/p`, (object) => object?.status?.phase === 'Running', 'the pod runs');
  await emptied(k, name, 'pods');
});

row('ns-delete-services', async (k) => {
  const name = k.unique('filled');
  const path = await another(k, name);
  await k.create(`${path}/services`, { metadata: { name: 's' }, spec: { selector: { app: 'none' }, ports: [{ port: 80 }] } });
  await emptied(k, name, 'services');
});

row('ns-ordered-deletion', async (k) => {
  const name = k.unique('ordered');
  const path = await another(k, name);
  await k.create(`${path}/pods`, { ...pod('held'), metadata: { name: 'held', finalizers: [finalizer] } });
  await k.create(`${path}/configmaps`, { metadata: { name: 'after' } });
  k.cleanup(() => k.raw('PATCH', `${path}/pods/held`, { body: { metadata: { finalizers: null } }, headers: { 'content-type': 'application/merge-patch+json' } }));
  await k.until<V1Pod>(`${path}/pods/held`, (object) => object?.status?.phase === 'Running', 'the pod runs');
  await k.delete(path);
  await k.until<V1Pod>(`${path}/pods/held`, (object) => object?.metadata?.deletionTimestamp !== undefined && object.status?.phase !== 'Running', 'the pod has ended');
  const waiting = await k.until<V1Namespace>(path, (object) => object?.status?.conditions?.some(({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True') === true, 'the namespace says what holds it');
  expect(waiting?.status?.conditions?.find(({ type }) => type === 'NamespaceFinalizersRemaining')?.message).toContain(`${finalizer} in 1 resource instances`);
  expect((await k.get<V1ConfigMap>(`${path}/configmaps/after`)).metadata?.deletionTimestamp).toBeUndefined();
  await k.patch(`${path}/pods/held`, { metadata: { finalizers: null } });
  await k.gone(path);
});
