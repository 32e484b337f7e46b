import { afterAll, beforeAll, expect, test } from 'vitest';
import { resources } from '@rhythm/api';
import { upCluster } from '../support/cluster.ts';
import { openWatch, type OpenWatch } from './open-watch.ts';
import { census, clusterIp, createPod, helloService, isRunning, isScheduled, kill, persist, processNames, resolves, sleeper, startRig, startsAndExecs, untilPod, type Rig } from './rig.ts';
import { call, steadyClient, type SteadyClient } from './steady-client.ts';
import { storeWriter, type StoreWriter } from './store-writer.ts';

/** Within this long the function of a killed process must work again. Here it takes a second or two (the table says); this is for machines many times slower. */
const healSecondsMax = 60;

let rig: Rig;
let steady: SteadyClient;
let writer: StoreWriter;
let watch: OpenWatch;
let containers: readonly string[];
const table: string[] = [];

beforeAll(async () => {
  rig = await startRig();
  await rig.client.create(resources.pods, 'default', { ...sleeper('witness'), metadata: { name: 'witness', namespace: 'default', labels: { app: 'witness' } } });
  await untilPod(rig.client, 'witness', isRunning);
  containers = await census(rig.client, 'app in (hello,witness)');
  expect(containers).toHaveLength(4);
  steady = steadyClient(await clusterIp(rig.client, 'hello'), /^hello-/);
  writer = storeWriter(rig.store, '/heals/');
  watch = await openWatch(rig.client, 'default');
});
afterAll(async () => {
  await Promise.all([steady, writer, watch].map((part) => part?.stop()));
  await rig?.stop();
  process.stdout.write(`${table.join('\n')}\n`);
});

/** Kills, then measures how long until `works` resolves; a failure says by how much it was late. */
async function heals(name: string, works: () => Promise<unknown>, killed: readonly string[] = [name]): Promise<void> {
  const before = killed.map((process) => rig.cluster.pid(process));
  const fromMs = performance.now();
  kill(rig.cluster, ...killed);
  await works();
  const seconds = (performance.now() - fromMs) / 1000;
  table.push(`${name}: ${seconds.toFixed(2)} s`);
  expect(seconds).toBeLessThan(healSecondsMax);
  expect(killed.map((process) => rig.cluster.pid(process))).not.toEqual(before);
  expect(steady.errors).toEqual([]);
}

test('scheduler: places a new pod', () =>
  heals('scheduler', async () => {
    await rig.client.create(resources.pods, 'default', sleeper('placed'));
    await untilPod(rig.client, 'placed', isScheduled);
  }));

test('controller-manager: scales', async () => {
  await rig.cluster.kubectl('create', 'deployment', 'scaled', '--image=rhythm.local/hello:v1', '--replicas=1', '--', 'sleep', '3600');
  await rig.cluster.kubectl('rollout', 'status', 'deployment/scaled');
  await heals('controller-manager', async () => {
    await rig.client.patch(resources.deployments, 'default', 'scaled', 'merge', { spec: { replicas: 2 } });
    await scaledTo(2);
  });
});

async function scaledTo(replicas: number): Promise<void> {
  await persist(async () => {
    const { items, resourceVersion } = await rig.client.list(resources.deployments, 'default', { fieldSelector: 'metadata.name=scaled' });
    if (items[0]?.status.readyReplicas === replicas) return;
    for await (const event of rig.client.watch(resources.deployments, 'default', { fieldSelector: 'metadata.name=scaled', resourceVersion })) {
      if (event.type === 'MODIFIED' && event.object.status.readyReplicas === replicas) return;
    }
    throw new Error('the watch ended');
  });
}

test('kubelet: starts a pod and runs a command in it', () => heals('kubelet', () => startsAndExecs(rig, 'after-kubelet')));

test('proxy: serves a new Service', () =>
  heals('proxy', async () => {
    await rig.client.create(resources.services, 'default', helloService('after-proxy'));
    const ip = await clusterIp(rig.client, 'after-proxy');
    // An address that nobody serves yet gives no answer at all.
    await persist(() => call(ip, 200));
  }));

test('dns: resolves a new name', () =>
  heals('dns', async () => {
    await rig.client.create(resources.services, 'default', helloService('after-dns'));
    await resolves(await clusterIp(rig.client, 'kube-dns', 'kube-system'), 'after-dns', await clusterIp(rig.client, 'after-dns'));
  }));

test('containerd: a pod starts and a command runs in it', () => heals('containerd', () => startsAndExecs(rig, 'after-containerd')));

test('apiserver: answers, and the open watch goes on', () =>
  heals('apiserver', async () => {
    await Promise.all([persist(() => rig.client.list(resources.pods, 'default')), watch.nextEvent()]);
  }));

test('store: takes writes, and the open watch goes on', () =>
  heals('store', async () => {
    await Promise.all([writer.nextAcknowledged(), watch.nextEvent()]);
  }));

test('supervisor: all goes on without it, and the next up adopts everything', async () => {
  const before = processNames.map((name) => rig.cluster.pid(name));
  await heals('supervisor', async () => {
    await startsAndExecs(rig, 'without-supervisor');
    await upCluster(rig.cluster.dir, '--bare');
    expect(processNames.map((name) => rig.cluster.pid(name))).toEqual(before);
    kill(rig.cluster, 'scheduler');
    await createPod(rig.client, sleeper('supervised-again'));
    await untilPod(rig.client, 'supervised-again', isScheduled);
  }, ['rhythm']);
});

test('the whole time: no call failed, no container changed, no acknowledged write was lost, no event was missed', async () => {
  await watch.nextEvent();
  await Promise.all([steady.stop(), writer.stop(), watch.stop()]);
  table.push(`client: ${steady.calls} calls, slowest ${steady.slowestMs.toFixed(0)} ms; store: ${writer.acknowledged.size} writes; watch: ${watch.seen.length} events, resumed ${watch.resumed} times`);
  expect(steady.errors).toEqual([]);
  expect(await census(rig.client, 'app in (hello,witness)')).toEqual(containers);
  expect(await writer.check()).toEqual({ lost: [], invented: [] });
  expect(watch.seen).toEqual(await watch.history(rig.store));
  expect(watch.tooOld).toBe(0);
});
