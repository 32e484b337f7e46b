import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resources } from '@rhythm/api';
import { eventually, upCluster } from '../support/cluster.ts';
import { openWatch, type OpenWatch } from './open-watch.ts';
import { census, clusterIp, createPod, isRunning, isScheduled, kill, processNames, sleeper, sleeping, startRig, startsAndExecs, untilPod, type Rig } from './rig.ts';
import { steadyClient, type SteadyClient } from './steady-client.ts';
import { storeWriter, type StoreWriter } from './store-writer.ts';

/** How long processes are frozen: longer than a leader may go without renewing its lease. */
const frozenMs = 15_000;

let rig: Rig;
let steady: SteadyClient;
let writer: StoreWriter;
let watch: OpenWatch;
let containers: readonly string[];
const table: string[] = [];

beforeAll(async () => {
  rig = await startRig();
  containers = await census(rig.client, 'app=hello');
  expect(containers).toHaveLength(3);
  steady = steadyClient(await clusterIp(rig.client, 'hello'), /^hello-/);
  writer = storeWriter(rig.store, '/chaos/');
  watch = await openWatch(rig.client, 'default');
});
afterAll(async () => {
  await Promise.all([steady, writer, watch].map((part) => part?.stop()));
  await rig?.stop();
  process.stdout.write(`${table.join('\n')}\n`);
});

/** Does harm, then measures how long until everything works again; nobody who only uses the Service may have noticed. */
async function survives(what: string, harm: () => void | Promise<void>, pod: string): Promise<void> {
  await harm();
  const fromMs = performance.now();
  await Promise.all([writer.nextAcknowledged(), watch.nextEvent(), startsAndExecs(rig, pod)]);
  table.push(`${what}: ${((performance.now() - fromMs) / 1000).toFixed(2)} s`);
  expect(steady.errors).toEqual([]);
  expect(await census(rig.client, 'app=hello')).toEqual(containers);
}

const pids = (): readonly number[] => processNames.map((name) => rig.cluster.pid(name));
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function freeze(...names: readonly string[]): Promise<void> {
  const frozen = names.map((name) => rig.cluster.pid(name));
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  await pause(frozenMs);
  for (const pid of frozen) process.kill(pid, 'SIGCONT');
}

test('store and apiserver killed at once', () => survives('store and apiserver', () => kill(rig.cluster, 'store', 'apiserver'), 'chaos-1'));

test('containerd and kubelet killed at once', () => survives('containerd and kubelet', () => kill(rig.cluster, 'containerd', 'kubelet'), 'chaos-2'));

test.each(['kubelet', 'containerd'])('%s killed while pods start and end: each starts once, each ends', async (name) => {
  const names = Array.from({ length: 6 }, (_, n) => `amid-${name}-${n}`);
  const ending = names.map((pod) => `${pod}-ending`);
  for (const pod of ending) await rig.client.create(resources.pods, 'default', sleeper(pod));
  for (const pod of ending) await untilPod(rig.client, pod, isRunning);
  await survives(`${name} amid starts and ends`, async () => {
    await Promise.all([...names.map((pod) => rig.client.create(resources.pods, 'default', sleeper(pod))), ...ending.map((pod) => rig.client.delete(resources.pods, 'default', pod))]);
    // As soon as the first of them runs: the others are then at every stage of their start.
    await Promise.race(names.map((pod) => untilPod(rig.client, pod, isRunning)));
    kill(rig.cluster, name);
  }, `amid-${name}`);
  const pods = await Promise.all(names.map((pod) => untilPod(rig.client, pod, isRunning)));
  // A start that was cut off counts as in Kubernetes; what ran must not have been started again.
  const ended = pods.flatMap((pod) => pod.status.containerStatuses?.[0]?.lastState?.terminated ?? []);
  expect(ended.filter(({ startedAt = '' }) => !startedAt.startsWith('1970-'))).toEqual([]);
  await eventually(async () => (await rig.client.list(resources.pods, 'default')).items.every((pod) => !ending.includes(pod.metadata.name ?? '')), 'the pods that end are gone');
});

test('pid files deleted: nothing is started a second time, and all is looked after as before', async () => {
  const before = pids();
  const run = join(rig.cluster.dir, 'run');
  const supervisor = rig.cluster.pid('rhythm');
  await survives('pid files deleted', () => {
    for (const name of readdirSync(run).filter((file) => file.endsWith('.pid'))) rmSync(join(run, name));
  }, 'chaos-3');
  await eventually(async () => rig.cluster.pid('rhythm') === supervisor, 'the supervisor has its pid file again');
  expect(pids()).toEqual(before);
  kill(rig.cluster, 'scheduler');
  await createPod(rig.client, sleeper('chaos-4'));
  await untilPod(rig.client, 'chaos-4', isScheduled);
});

test('the store frozen for 15 s', () => survives('store frozen', () => freeze('store'), 'chaos-5'));

test('everything frozen for 15 s', () => survives('all frozen', () => freeze(...processNames), 'chaos-6'));

test('everything killed at once, then up: the containers are taken over', async () => {
  await survives('all killed, then up', async () => {
    kill(rig.cluster, 'rhythm', ...processNames);
    await upCluster(rig.cluster.dir, '--bare');
  }, 'chaos-7');
});

test('the whole time: no call failed, no container changed, no acknowledged write was lost, no event was missed', async () => {
  await watch.nextEvent();
  await Promise.all([steady.stop(), writer.stop(), watch.stop()]);
  table.push(`client: ${steady.calls} calls, slowest ${steady.slowestMs.toFixed(0)} ms; store: ${writer.acknowledged.size} writes; watch: ${watch.seen.length} events, resumed ${watch.resumed} times`);
  expect(steady.errors).toEqual([]);
  const { items } = await rig.client.list(resources.pods, 'default');
  expect(items.filter((pod) => !isRunning(pod)).map((pod) => pod.metadata.name)).toEqual([]);
  expect(await census(rig.client, 'app=hello')).toEqual(containers);
  expect(sleeping(rig.cluster)).toBe(items.length - containers.length);
  expect(await writer.check()).toEqual({ lost: [], invented: [] });
  expect(watch.seen).toEqual(await watch.history(rig.store));
});
