import { resources } from '@rhythm/api';
import type { Deployment, ReplicaSet } from '@rhythm/api/types/apps-v1';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startReplicaSet } from '../replicaset/reconcile.ts';
import { aDeployment, rig, runPods, type Rig } from '../../testing.ts';
import { startDeployment } from './reconcile.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig(startDeployment, startReplicaSet);
});
afterEach(() => r.stop());

const sets = (): readonly ReplicaSet[] => r.client.all(resources.replicaSets, 'default');
const deployment = (): Deployment => r.client.peek(resources.deployments, 'default', 'web') as Deployment;
const condition = (type: string): string => {
  const found = (deployment().status.conditions ?? []).find((c) => c.type === type);
  return found === undefined ? 'none' : `${found.status} ${found.reason}`;
};
const images = (): string[] => r.client.all(resources.pods, 'default').filter((p) => p.metadata.deletionTimestamp === undefined).map((p) => p.spec.containers[0]?.image ?? '').sort((a, b) => (a < b ? -1 : 1));

async function create(spec: Parameters<typeof aDeployment>[1] = {}): Promise<void> {
  await r.client.create(resources.deployments, 'default', aDeployment('web', spec));
  await r.settle();
}

async function setImage(image: string): Promise<void> {
  const current = deployment();
  const template = { ...current.spec.template, spec: { ...current.spec.template.spec, containers: [{ name: 'main', image, resources: {} }] } };
  await r.client.update(resources.deployments, { ...current, spec: { ...current.spec, template } });
  await r.settle();
}

async function rollOut(): Promise<number> {
  let most = 0;
  for (let round = 0; round < 20; round++) {
    most = Math.max(most, images().length);
    await runPods(r);
    await r.settle();
  }
  return most;
}

test('a new deployment gets a set, its pods, and says when it is complete', async () => {
  await create();
  expect(sets()).toHaveLength(1);
  expect(images()).toEqual(['app:1', 'app:1', 'app:1']);
  expect(condition('Available')).toBe('False MinimumReplicasUnavailable');
  await rollOut();
  expect(deployment().status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 });
  expect([condition('Available'), condition('Progressing')]).toEqual(['True MinimumReplicasAvailable', 'True NewReplicaSetAvailable']);
  expect(deployment().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
  expect(r.events.filter((e) => e.startsWith('ScalingReplicaSet'))).toEqual([`ScalingReplicaSet: Scaled up replica set ${sets()[0]?.metadata.name} from 0 to 3`]);
});

test('a rolling update stays within its bounds and ends on the new template', async () => {
  await create({ replicas: 4, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  await rollOut();
  await setImage('app:2');
  expect(images()).toEqual(['app:1', 'app:1', 'app:1', 'app:1', 'app:2']);
  expect(await rollOut()).toBe(5);
  expect(images()).toEqual(['app:2', 'app:2', 'app:2', 'app:2']);
  expect(sets().map((s) => s.spec.replicas)).toEqual(expect.arrayContaining([0, 4]));
});

test('a rollout that never becomes ready keeps the old pods', async () => {
  await create({ replicas: 4, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }, progressDeadlineSeconds: 60 });
  await rollOut();
  await setImage('broken:1');
  for (let i = 0; i < 10; i++) await r.settle(10_000);
  expect(images().filter((image) => image === 'app:1')).toHaveLength(3);
  expect(images().filter((image) => image === 'broken:1')).toHaveLength(2);
  expect(condition('Progressing')).toBe('False ProgressDeadlineExceeded');
});

test('going back to an older template reuses its set and counts a new revision', async () => {
  await create();
  await rollOut();
  const first = sets()[0]?.metadata.name;
  await setImage('app:2');
  await rollOut();
  await setImage('app:1');
  await rollOut();
  expect(sets()).toHaveLength(2);
  const back = sets().find((s) => s.metadata.name === first);
  expect(back?.spec.replicas).toBe(3);
  expect(back?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3', 'deployment.kubernetes.io/revision-history': '1' });
  expect(deployment().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
});

test('a paused deployment scales but does not roll', async () => {
  await create();
  await rollOut();
  await r.client.update(resources.deployments, { ...deployment(), spec: { ...deployment().spec, paused: true } });
  await setImage('app:2');
  expect(sets()).toHaveLength(1);
  expect(condition('Progressing')).toBe('Unknown DeploymentPaused');
  await r.client.update(resources.deployments, { ...deployment(), spec: { ...deployment().spec, replicas: 5 } });
  await r.settle();
  expect(images()).toEqual(Array.from({ length: 5 }, () => 'app:1'));
  await r.client.update(resources.deployments, { ...deployment(), spec: { ...deployment().spec, paused: false } });
  await rollOut();
  expect(images()).toEqual(Array.from({ length: 5 }, () => 'app:2'));
});

test('recreate waits until the last old pod is gone', async () => {
  await create({ strategy: { type: 'Recreate' } });
  await rollOut();
  await setImage('app:2');
  expect(images()).toEqual([]);
  expect(sets()).toHaveLength(1);
  await rollOut();
  expect(images()).toEqual(['app:2', 'app:2', 'app:2']);
});

test('scaling in the middle of a rollout is shared among the sets', async () => {
  await create({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
  await rollOut();
  await setImage('stuck:1');
  await r.client.update(resources.deployments, { ...deployment(), spec: { ...deployment().spec, replicas: 15 } });
  await r.settle();
  const sizes = sets().map((s) => s.spec.replicas ?? 0);
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(18);
  expect(Math.min(...sizes)).toBeGreaterThan(5);
});

test('old sets beyond the history limit go', async () => {
  await create({ revisionHistoryLimit: 1 });
  await rollOut();
  for (const image of ['app:2', 'app:3', 'app:4']) {
    await setImage(image);
    await rollOut();
  }
  expect(sets()).toHaveLength(2);
});

test('a pod that vanishes is made anew, a surplus one is deleted', async () => {
  await create();
  await rollOut();
  r.client.remove(resources.pods, 'default', r.client.all(resources.pods, 'default')[0]?.metadata.name ?? '');
  await r.settle();
  expect(images()).toHaveLength(3);
  await r.client.update(resources.deployments, { ...deployment(), spec: { ...deployment().spec, replicas: 1 } });
  await r.settle();
  expect(images()).toHaveLength(1);
});

test('a deployment adopts a set that fits and has no owner', async () => {
  await create();
  await rollOut();
  const set = sets()[0] as ReplicaSet;
  r.client.seed(resources.replicaSets, { ...set, metadata: { ...set.metadata, ownerReferences: [] } });
  await r.settle();
  expect(sets()[0]?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Deployment', name: 'web', controller: true });
  expect(sets()).toHaveLength(1);
});

test('a set whose selector misses its own template makes no pods', async () => {
  const spec = { replicas: 2, selector: { matchLabels: { app: 'other' } }, template: aDeployment('web').spec.template };
  await r.client.create(resources.replicaSets, 'default', { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'odd', namespace: 'default' }, spec, status: { replicas: 0 } });
  await r.settle(10_000);
  expect(images()).toEqual([]);
});

test('what somebody writes to the status while a plan is carried out stays', async () => {
  await create();
  await rollOut();
  const { client } = r;
  const update = client.update.bind(client);
  let isWritten = false;
  client.update = (async (...of: Parameters<typeof update>) => {
    const [resource, , options] = of;
    if (!isWritten && resource.resource === 'deployments' && options?.subresource === 'status') {
      isWritten = true;
      await update(resources.deployments, { ...deployment(), status: { ...deployment().status, collisionCount: 7 } }, { subresource: 'status' });
    }
    return update(...of);
  }) as typeof update;
  await setImage('app:2');
  await rollOut();
  expect(deployment()).toMatchObject({ metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } }, status: { updatedReplicas: 3, collisionCount: 7 } });
});
