import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { logTo, systemClock, systemRandom, type Log } from '@rhythm/base';
import { cniConflist, helloImage, importImages, localImageArchive, snapshotterFor, startContainerd, stopProcess } from '@rhythm/cli';
import { fakeApiClient, type FakeApiClient } from '@rhythm/client/fake';
import { criRuntime, type CriRuntime } from '@rhythm/cri';
import { startKubelet, type Kubelet } from '@rhythm/kubelet';

/** A node of its own for one test file: private containerd, bridge and folders, an API server in memory, a kubelet. */
export interface NodeRig {
  readonly client: FakeApiClient;
  readonly runtime: CriRuntime;
  readonly socket: string;
  readonly id: string;
  readonly scratch: string;
  readonly rootDir: string;
  readonly cgroupRoot: string;
  readonly nodeName: string;
  kubelet: Kubelet;
  /** While `now` is true the apiserver answers nobody. */
  readonly away: { now: boolean };
  /** Creates a pod, bound to the node, as the API server would hold it. */
  pod(name: string, spec: Partial<Pod['spec']>, metadata?: Partial<Pod['metadata']>): Pod;
  get(name: string): Pod | undefined;
  /** Resolves with the pod once it is as `holds` says. */
  until(name: string, holds: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod>;
  untilGone(name: string, timeoutMs?: number): Promise<void>;
  delete(name: string, graceSeconds?: number): Promise<void>;
  events(name: string): string[];
  /** The text a container has logged so far. */
  log(pod: Pod, container: string, attempt?: number): string;
  startKubelet(): Promise<void>;
  stop(): Promise<void>;
}

const startedAt = systemClock.monotonic();

function testLog(): Log {
  return logTo((level, message, fields) => {
    if (process.env['RHYTHM_TEST_LOG'] !== undefined) process.stderr.write(`${((systemClock.monotonic() - startedAt) / 1000).toFixed(2)} ${level} ${message} ${JSON.stringify(fields)}\n`);
  });
}

export async function startNodeRig(): Promise<NodeRig> {
  if (process.getuid?.() !== 0) throw new Error('the kubelet tests run real containers and need root');
  const scratch = mkdtempSync(join(tmpdir(), 'rhythm-kubelet-'));
  const id = createHash('sha256').update(scratch).digest('hex').slice(0, 8);
  const runtimeDirectory = `/run/rhythm-test-${id}`;
  const socket = join(runtimeDirectory, 'containerd.sock');
  const cniConfDir = join(scratch, 'cni');
  const bridge = `rhyt${id}`;
  const subnet = `10.${200 + (Number.parseInt(id.slice(0, 2), 16) % 50)}.${Number.parseInt(id.slice(2, 4), 16)}`;
  const folders = { run: join(scratch, 'run'), logs: join(scratch, 'logs') };
  mkdirSync(cniConfDir, { recursive: true });
  mkdirSync(folders.run, { recursive: true });
  const network = { name: `rhythm-test-${id}`, bridge, podCidr: `${subnet}.0/24`, gateway: `${subnet}.1`, dataDir: join(scratch, 'cni-data') };
  writeFileSync(join(cniConfDir, '10-rhythm.conflist'), cniConflist(network));
  const containerdRoot = join(scratch, 'containerd');
  mkdirSync(containerdRoot, { recursive: true });
  await startContainerd(systemClock, folders, { root: containerdRoot, runtimeDirectory, socket, cniConfDir });
  await importImages(socket, snapshotterFor(containerdRoot), await localImageArchive(), join(scratch, 'import'));
  const away = { now: false };
  const client = fakeApiClient({
    clock: systemClock,
    before: () => {
      if (away.now) throw new ApiError('ServiceUnavailable', 'the apiserver is away');
    },
  });
  const runtime = criRuntime(socket, systemClock);
  const rootDir = join(scratch, 'kubelet');
  const nodeName = 'node-a';
  const cgroupRoot = `rhythm-test-${id}`;
  const newKubelet = (): Promise<Kubelet> =>
    startKubelet(
      { nodeName, nodeIps: [`${subnet}.1`], rootDir, clusterDomain: 'cluster.local', clusterDns: '10.96.0.10', cgroupRoot, podCidr: network.podCidr, cniConfDir },
      { client, runtime, clock: systemClock, random: systemRandom, log: testLog() },
      () => 10250,
    );
  const rig: NodeRig = {
    client,
    away,
    runtime,
    socket,
    id,
    scratch,
    rootDir,
    cgroupRoot,
    nodeName,
    kubelet: await newKubelet(),
    pod(name, spec, metadata = {}) {
      const containers = (spec.containers ?? []).map((container) => ({ image: helloImage, imagePullPolicy: 'IfNotPresent', ...container }));
      const seeded = client.seed<Pod>(resources.pods, {
        metadata: { name, namespace: 'default', generation: 1, ...metadata },
        spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', nodeName, ...spec, containers },
        status: { phase: 'Pending' },
      });
      return seeded;
    },
    get: (name) => client.peek(resources.pods, 'default', name),
    async until(name, holds, timeoutMs = 120_000) {
      const deadline = systemClock.monotonic() + timeoutMs;
      for await (const event of watchPod(client, name, deadline)) if (event !== undefined && holds(event)) return event;
      throw new Error(`pod ${name} did not get there in ${timeoutMs} ms: ${JSON.stringify(rig.get(name)?.status, undefined, 1)} ${rig.events(name).join('; ')}`);
    },
    async untilGone(name, timeoutMs = 120_000) {
      const deadline = systemClock.monotonic() + timeoutMs;
      for await (const event of watchPod(client, name, deadline)) if (event === undefined) return;
      throw new Error(`pod ${name} is still there after ${timeoutMs} ms: ${JSON.stringify(rig.get(name)?.status)}`);
    },
    async delete(name, graceSeconds) {
      await client.delete(resources.pods, 'default', name, graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds });
    },
    events: (name) => client.all(resources.events).filter((event) => event.involvedObject.name === name).map((event) => `${event.reason}: ${event.message}`),
    log(pod, container, attempt = 0) {
      const path = `${rootDir}/logs/default_${pod.metadata.name}_${pod.metadata.uid}/${container}/${attempt}.log`;
      try {
        return readFileSync(path, 'utf8').split('\n').map((line) => line.split(' ').slice(3).join(' ')).join('\n');
      } catch {
        return '';
      }
    },
    async startKubelet() {
      rig.kubelet = await newKubelet();
      await rig.kubelet.ready();
    },
    async stop() {
      for (const pod of client.all<Pod>(resources.pods)) {
        await client.delete(resources.pods, 'default', pod.metadata.name ?? '', { gracePeriodSeconds: 1 }).catch(() => undefined);
      }
      for (const pod of client.all<Pod>(resources.pods)) await rig.untilGone(pod.metadata.name ?? '');
      await eventually(() => {
        if (rig.kubelet.pods.workers.length > 0) throw new Error('pods are still being cleaned up');
      });
      await rig.kubelet.stop();
      runtime.close();
      await stopProcess(systemClock, folders, 'containerd', 5_000);
      quietly('umount', [`${rootDir}/memory`]);
      quietly('ip', ['link', 'delete', bridge]);
      for (const root of readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')).filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')) {
        quietly('rmdir', [`${root[1]}/${cgroupRoot}`]);
      }
      rmSync(runtimeDirectory, { recursive: true, force: true });
      rmSync(scratch, { recursive: true, force: true });
    },
  };
  await rig.kubelet.ready();
  return rig;
}

/** The pod now and after each change, undefined when it is gone, until the deadline. */
async function* watchPod(client: FakeApiClient, name: string, deadlineMs: number): AsyncGenerator<Pod | undefined> {
  const abort = new AbortController();
  const timer = systemClock.setTimer(deadlineMs - systemClock.monotonic(), () => abort.abort(new Error('deadline')));
  try {
    const list = await client.list(resources.pods, 'default', { fieldSelector: `metadata.name=${name}` });
    yield list.items[0] as Pod | undefined;
    for await (const event of client.watch(resources.pods, 'default', { fieldSelector: `metadata.name=${name}`, resourceVersion: list.resourceVersion, signal: abort.signal })) {
      if (event.type === 'BOOKMARK') continue;
      yield event.type === 'DELETED' ? undefined : (event.object as Pod);
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    timer.cancel();
    abort.abort();
  }
}

function quietly(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, [...args], { stdio: 'ignore' });
  } catch {
    // It was not there.
  }
}

export const shell = (script: string): string[] => ['/bin/sh', '-c', script];

export const isReady = (pod: Pod): boolean => pod.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

/** For what nothing can be watched for. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await check();
      return;
    } catch (error) {
      if (tries >= 1_000) throw error;
      await systemClock.sleep(100);
    }
  }
}
