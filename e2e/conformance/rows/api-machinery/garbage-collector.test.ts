import type { KubernetesObject, V1Deployment, V1OwnerReference, V1Pod, V1ReplicaSet } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { row, type Context } from '../../harness/index.ts';

const template = (): object => ({ metadata: { labels: { app: 'gc' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: inject('busybox'), command: ['sleep', '3600'] }] } });
const list = async <T extends KubernetesObject>(k: Context, path: string): Promise<T[]> => (await k.get<{ items: T[] }>(path)).items;

interface Rolled {
  readonly path: string;
  readonly replicaSet: string;
}

/** A deployment of two pods, and the path of its ReplicaSet. */
async function rolledOut(k: Context): Promise<Rolled> {
  const path = k.path('apps/v1', 'deployments', 'd');
  const made = await k.create<V1Deployment>(k.path('apps/v1', 'deployments'), { metadata: { name: 'd' }, spec: { replicas: 2, selector: { matchLabels: { app: 'gc' } }, template: template() } });
  await k.until<V1Deployment>(path, (object) => object?.status?.replicas === 2 && object.status.observedGeneration === object.metadata?.generation, 'the deployment has its pods');
  const [replicaSet] = await list<V1ReplicaSet>(k, k.path('apps/v1', 'replicasets'));
  expect(replicaSet?.metadata?.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'd', uid: made.metadata?.uid, controller: true, blockOwnerDeletion: true }]);
  return { path, replicaSet: k.path('apps/v1', 'replicasets', replicaSet?.metadata?.name ?? '') };
}

const ownedBy = ({ kind = '', apiVersion = '', metadata }: KubernetesObject): V1OwnerReference => ({ apiVersion, kind, name: metadata?.name ?? '', uid: metadata?.uid ?? '' });

row(
  'gc-deploy-background',
  async (k) => {
    const { path, replicaSet } = await rolledOut(k);
    await k.delete(path, { propagationPolicy: 'Background' });
    // The owner goes at once.
    expect((await k.raw('GET', path)).code).toBe(404);
    await k.gone(replicaSet);
    await k.eventually(async () => (await list(k, k.path('pods'))).length === 0, 'the pods are gone');
  },
  { pods: true },
);

row(
  'gc-deploy-orphan',
  async (k) => {
    const { path, replicaSet } = await rolledOut(k);
    const pods = (await list<V1Pod>(k, k.path('pods'))).map(({ metadata }) => metadata?.uid);
    await k.delete(path, { propagationPolicy: 'Orphan' });
    await k.gone(path);
    const left = await k.get<V1ReplicaSet>(replicaSet);
    expect(left.metadata?.ownerReferences).toBeUndefined();
    expect(left.metadata?.deletionTimestamp).toBeUndefined();
    // The collector has gone past it when it has taken what came later.
    const owner = await k.create(k.path('configmaps'), { metadata: { name: 'owner' } });
    await k.create(k.path('configmaps'), { metadata: { name: 'owned', ownerReferences: [{ ...ownedBy(owner), apiVersion: 'v1', kind: 'ConfigMap' }] } });
    await k.delete(`${k.path('configmaps')}/owner`);
    await k.gone(`${k.path('configmaps')}/owned`);
    expect((await k.get<V1ReplicaSet>(replicaSet)).metadata?.deletionTimestamp).toBeUndefined();
    expect((await list<V1Pod>(k, k.path('pods'))).map(({ metadata }) => metadata?.uid)).toEqual(pods);
  },
  { pods: true },
);

row(
  'gc-cycle',
  async (k) => {
    const pods = k.path('pods');
    const made: V1Pod[] = [];
    for (const name of ['one', 'two', 'three']) made.push(await k.create<V1Pod>(pods, { ...template(), metadata: { name } }));
    for (const [index, one] of made.entries()) {
      const owner = made[(index + made.length - 1) % made.length] as V1Pod;
      await k.patch(`${pods}/${one.metadata?.name ?? ''}`, { metadata: { ownerReferences: [{ ...ownedBy(owner), apiVersion: 'v1', kind: 'Pod', controller: true, blockOwnerDeletion: true }] } });
    }
    await k.delete(`${pods}/one`, { propagationPolicy: 'Foreground' });
    for (const name of ['one', 'two', 'three']) await k.gone(`${pods}/${name}`);
  },
  { pods: true },
);
