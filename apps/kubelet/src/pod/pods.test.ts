import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import type { Pod, PodStatus } from '@rhythm/api/types/core-v1';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient, type FakeApiClient } from '@rhythm/client/fake';
import { fakeRuntime, type FakeRuntime, type FakeRuntimeOptions } from '@rhythm/cri';
import { ImagePuller } from '../containers/image-puller.ts';
import type { NodeContext } from './node-context.ts';
import { nodePaths } from '../paths.ts';
import { ProbeManager } from '../probes/probe-manager.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { ReferenceCache } from '../volumes/reference-cache.ts';
import { container } from './fixtures.ts';
import { Observer } from './observer.ts';
import { PodManager } from './pod-manager.ts';

/** What node calls reading, writing and closing files. */
const fileWork: ReadonlySet<string> = new Set(['FSReqPromise', 'FSReqCallback', 'CloseReq']);

/** The pods of a node on a fake runtime, a fake API server and virtual time. */
class Rig {
  readonly clock = new VirtualClock();
  readonly events: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'rhythm-pods-'));
  readonly client: FakeApiClient;
  readonly runtime: FakeRuntime;
  down = false;
  manager: PodManager;
  #node: NodeContext;

  constructor(runtime: Omit<FakeRuntimeOptions, 'clock'> = {}) {
    this.client = fakeApiClient({
      clock: this.clock,
      before: () => {
        if (this.down) throw new ApiError('ServiceUnavailable', 'the apiserver is away');
      },
    });
    this.runtime = fakeRuntime({ images: ['img:latest'], ...runtime, clock: this.clock });
    this.#node = this.#context();
    this.manager = this.#newManager();
  }

  #newManager(): PodManager {
    return new PodManager({ node: this.#node, client: this.client, nodeName: 'n' });
  }

  async start(): Promise<void> {
    const started = this.manager.start(Promise.resolve());
    await this.settle(started);
  }

  /** A new kubelet on the same node. */
  async restart(): Promise<void> {
    await this.settle(this.manager.stop());
    this.#node = this.#context();
    this.manager = this.#newManager();
    await this.start();
  }

  async settle<T>(work: Promise<T>): Promise<T> {
    let done = false;
    void work.finally(() => (done = true)).catch(() => undefined);
    await this.until(() => done);
    return work;
  }

  /** Lets the clock stand until something holds; when nothing is under way any more and it does not, it never will. */
  async until(holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 100; turn++) {
      if (holds()) return;
      await this.idle();
    }
    throw new Error(`it did not happen: ${JSON.stringify(this.status(), undefined, 1)}\n${this.runtime.calls.join('\n')}\n${this.events.join('\n')}`);
  }

  /** Moves the clock in small steps, letting what each step caused happen. */
  async pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 1_000) {
      await this.clock.advance(Math.min(1_000, ms - at));
      await this.idle();
    }
  }

  /** Resolves when no file is at work and no promise is ready, for a few turns in a row. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      await this.clock.advance(0);
      if (process.getActiveResourcesInfo().some((resource) => fileWork.has(resource))) quiet = -1;
    }
  }

  run(spec: Partial<Pod['spec']> = {}, name = 'p'): Pod {
    return this.client.seed<Pod>(resources.pods, {
      metadata: { name, namespace: 'ns', generation: 1 },
      spec: { containers: [container('a', { image: 'img', imagePullPolicy: 'IfNotPresent' })], restartPolicy: 'Always', terminationGracePeriodSeconds: 30, nodeName: 'n', ...spec },
      status: { phase: 'Pending' },
    });
  }

  pod(name = 'p'): Pod | undefined {
    return this.client.peek(resources.pods, 'ns', name);
  }

  status(name = 'p'): PodStatus | undefined {
    return this.pod(name)?.status;
  }

  waiting(): string | undefined {
    return this.status()?.containerStatuses?.[0]?.state.waiting?.reason;
  }

  count(call: string): number {
    return this.runtime.calls.filter((line) => line.startsWith(call)).length;
  }

  isReady(): boolean {
    return this.status()?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;
  }

  async stop(): Promise<void> {
    this.down = false;
    await this.settle(this.manager.stop());
    this.#node.probes.stop();
    await this.settle(this.#node.statuses.stop());
    rmSync(this.folder, { recursive: true, force: true });
  }

  #context(): NodeContext {
    const { clock, runtime, client } = this;
    const ports = { clock, random: seededRandom(1), log: silentLog };
    return {
      paths: nodePaths(this.folder),
      owner: 'o',
      cgroupRoot: 'c',
      clusterDns: { domain: 'cluster.local' },
      hostDns: { servers: [], searches: [], options: [] },
      ...ports,
      runtime,
      observer: new Observer(runtime, 'o'),
      images: new ImagePuller(runtime, clock),
      references: new ReferenceCache(client, ports),
      volumes: { mount: () => Promise.resolve(), containerMounts: () => Promise.resolve([]), cleanUp: () => Promise.resolve(), refreshAt: () => undefined },
      probes: new ProbeManager({ ...ports, runtime }),
      cgroups: { create: () => Promise.resolve(), remove: () => Promise.resolve(), list: () => Promise.resolve([]) },
      recorder: { event: (_about, _type, reason, message) => void this.events.push(`${reason}: ${message}`) },
      statuses: new StatusWriter(client, ports),
      hostIps: ['192.0.2.1'],
      memoryCapacityBytes: 1n << 33n,
      allocatable: () => ({ cpu: '2', memory: '8Gi', pods: '10' }),
      services: () => [],
      hostHostsFile: () => '',
      hostPortsWork: () => true,
    };
  }
}

let rig: Rig;
afterEach(() => rig.stop());

describe('pods on a fake runtime', () => {
  test('one runs, ends with its object, and says what happened', async () => {
    rig = new Rig();
    await rig.start();
    const pod = rig.run();
    await rig.until(() => rig.isReady());
    expect(rig.runtime.calls).toEqual(['runSandbox p', 'createContainer a', 'startContainer a']);
    expect(rig.events).toEqual(['Pulled: Container image "img" already present on machine and can be accessed by the pod', 'Created: Container created', 'Started: Container started']);
    await rig.client.delete(resources.pods, 'ns', 'p', { gracePeriodSeconds: 7, preconditions: { uid: pod.metadata.uid ?? '' } });
    await rig.until(() => rig.pod() === undefined);
    expect(rig.runtime.calls.slice(3)).toEqual(['stopContainer a 7s', 'stopSandbox sandbox-1', 'removeSandbox sandbox-1']);
    expect(rig.client.writes().at(-1)).toBe('delete pods ns/p');
    await rig.until(() => rig.manager.workers.length === 0);
  });

  test('an image that cannot be pulled is tried again after 10 s, 20 s …', async () => {
    let broken = true;
    rig = new Rig({
      images: [],
      pull: () => {
        if (broken) throw new Error('no such host');
      },
    });
    await rig.start();
    rig.run();
    await rig.until(() => rig.waiting() === 'ErrImagePull');
    expect(rig.status()?.containerStatuses?.[0]?.state.waiting?.message).toContain('no such host');
    await rig.pass(2_000);
    expect(rig.waiting()).toBe('ImagePullBackOff');
    expect(rig.count('pullImage')).toBe(1);
    await rig.pass(9_000);
    expect(rig.count('pullImage')).toBe(2);
    await rig.pass(15_000);
    expect(rig.count('pullImage')).toBe(2);
    broken = false;
    await rig.pass(8_000);
    expect(rig.count('pullImage')).toBe(3);
    await rig.until(() => rig.isReady());
    expect(rig.events.filter((event) => event.startsWith('BackOff'))[0]).toBe('BackOff: Back-off pulling image "img"');
  });

  test('a pod deleted while its image is pulled does not wait for the pull', async () => {
    const never = Promise.withResolvers<void>();
    rig = new Rig({ images: [], pull: () => never.promise });
    await rig.start();
    rig.run();
    await rig.until(() => rig.count('pullImage') === 1);
    await rig.client.delete(resources.pods, 'ns', 'p', { gracePeriodSeconds: 30 });
    await rig.until(() => rig.pod() === undefined);
    expect(rig.count('createContainer')).toBe(0);
    never.resolve();
  });

  test('without the apiserver everything goes on, and is told later', async () => {
    rig = new Rig({ behaviour: () => ({ endsAfterMs: 5_000, exitCode: 1 }) });
    await rig.start();
    rig.run();
    await rig.until(() => rig.isReady());
    rig.down = true;
    rig.client.breakWatches();
    await rig.pass(26_000);
    expect(rig.count('startContainer')).toBe(3);
    expect(rig.status()?.containerStatuses?.[0]?.restartCount).toBe(0);
    rig.down = false;
    await rig.pass(12_000);
    expect(rig.status()?.containerStatuses?.[0]?.restartCount).toBeGreaterThanOrEqual(2);
    expect(rig.manager.workers.length).toBe(1);
  });

  test('a restarted kubelet touches nothing that runs, and stops what nobody wants', async () => {
    rig = new Rig();
    await rig.start();
    rig.run({}, 'p');
    rig.run({}, 'q');
    await rig.until(() => rig.isReady() && rig.status('q')?.phase === 'Running');
    const before = rig.status();
    const calls = rig.runtime.calls.length;
    rig.client.remove(resources.pods, 'ns', 'q');
    await rig.until(() => rig.count('removeSandbox') === 1);
    await rig.restart();
    await rig.pass(3_000);
    expect(rig.runtime.calls.slice(calls).filter((call) => !call.startsWith('stop') && !call.startsWith('remove'))).toEqual([]);
    expect(rig.status()).toEqual(before);
  });

  test('a sandbox that dies is made anew, and its containers counted on', async () => {
    rig = new Rig();
    await rig.start();
    rig.run();
    await rig.until(() => rig.isReady());
    const [sandbox] = await rig.runtime.listSandboxes();
    rig.runtime.killSandbox(sandbox?.id ?? '');
    await rig.until(() => rig.status()?.containerStatuses?.[0]?.restartCount === 1 && rig.isReady());
    expect(rig.count('runSandbox')).toBe(2);
  });

  test('what another kubelet runs in the same runtime is left alone', async () => {
    rig = new Rig();
    const foreign = await rig.runtime.runSandbox({
      name: 'x', namespace: 'ns', uid: 'foreign', attempt: 0, hostname: '', logDirectory: '', portMappings: [], labels: { 'io.rhythm.kubelet': 'other' }, annotations: {}, cgroupParent: '',
      namespaces: { network: 'pod', pid: 'container', ipc: 'pod' }, privileged: false, supplementalGroups: [], seccomp: { type: 'runtime-default' }, sysctls: {},
    });
    await rig.start();
    await rig.pass(61_000);
    expect(await rig.runtime.sandboxStatus(foreign)).toMatchObject({ ready: true });
  });

  test('a pod that does not fit is refused once and for all', async () => {
    rig = new Rig();
    await rig.start();
    rig.run({ containers: [container('a', { resources: { requests: { cpu: '3' } } })] });
    await rig.until(() => rig.status()?.phase === 'Failed');
    expect(rig.status()?.reason).toBe('OutOfcpu');
    expect(rig.runtime.calls).toEqual([]);
  });

  test('exec probes decide readiness and liveness', async () => {
    let healthy = false;
    rig = new Rig({ exec: () => ({ exitCode: healthy ? 0 : 1, stdout: new Uint8Array(), stderr: Buffer.from('sick') }) });
    await rig.start();
    const probe = { exec: { command: ['check'] }, periodSeconds: 1, failureThreshold: 1 };
    rig.run({ containers: [container('a', { image: 'img', imagePullPolicy: 'IfNotPresent', readinessProbe: probe })] });
    await rig.until(() => rig.status()?.phase === 'Running');
    await rig.pass(2_000);
    expect(rig.isReady()).toBe(false);
    expect(rig.events).toContain('Unhealthy: Readiness probe failed: sick');
    healthy = true;
    await rig.pass(2_000);
    expect(rig.isReady()).toBe(true);
    await rig.restart();
    expect(rig.isReady()).toBe(true);
  });
});
