import { existsSync, readFileSync } from 'node:fs';
import { resources } from '@rhythm/api';
import { helloImage } from '@rhythm/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, isReady, shell, startNodeRig, type NodeRig } from './node-rig.ts';

const until = (pod: { status: { phase?: string } }, phase: string): boolean => pod.status.phase === phase;

let rig: NodeRig;
beforeAll(async () => {
  rig = await startNodeRig();
});
afterAll(() => rig.stop());

describe('a pod on real containerd', () => {
  test('runs, is reported and is deleted', async () => {
    rig.pod('plain', { containers: [{ name: 'app', command: shell('echo hello; exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 });
    const pod = await rig.until('plain', isReady);
    expect(pod.status).toMatchObject({ phase: 'Running', qosClass: 'BestEffort', containerStatuses: [{ name: 'app', ready: true, started: true, restartCount: 0, state: { running: {} } }] });
    expect(pod.status.podIP).toMatch(/^10\./);
    await eventually(() => expect(rig.log(pod, 'app')).toBe('hello\n'));
    await rig.delete('plain');
    await rig.untilGone('plain');
    expect(await rig.runtime.listSandboxes({ 'io.kubernetes.pod.uid': pod.metadata.uid ?? '' })).toEqual([]);
  });

  test('that ends is Succeeded', async () => {
    rig.pod('once', { restartPolicy: 'Never', containers: [{ name: 'app', command: shell('exit 0'), resources: {} }] });
    const pod = await rig.until('once', (p) => until(p, 'Succeeded'));
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  test('restarts with back-off, and remembers the last state and the message', async () => {
    rig.pod('crash', { containers: [{ name: 'app', command: shell('echo why > /dev/termination-log; echo out; exit 3'), resources: {} }], terminationGracePeriodSeconds: 1 });
    const waiting = await rig.until('crash', (p) => p.status.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff');
    expect(waiting.status.phase).toBe('Running');
    expect(waiting.status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      ready: false,
      state: { waiting: { message: `back-off 10s restarting failed container=app pod=crash_default(${waiting.metadata.uid})` } },
      lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'why\n' } },
    });
    await rig.until('crash', (p) => p.status.containerStatuses?.[0]?.restartCount === 2);
    await eventually(() => expect(rig.log(waiting, 'app', 1)).toBe('out\n'));
    await rig.delete('crash');
    await rig.untilGone('crash');
  });

  test('runs init containers in order, then a sidecar, then the rest, sharing an emptyDir', async () => {
    const mount = [{ name: 'shared', mountPath: '/shared' }];
    rig.pod('init', {
      volumes: [{ name: 'shared', emptyDir: {} }],
      initContainers: [
        { name: 'first', image: helloImage, command: shell('echo first >> /shared/order'), volumeMounts: mount, resources: {} },
        { name: 'side', image: helloImage, restartPolicy: 'Always', command: shell('echo side >> /shared/order; exec sleep 1000'), volumeMounts: mount, resources: {} },
        { name: 'last', image: helloImage, command: shell('until grep -q side /shared/order; do sleep 0.1; done; echo last >> /shared/order'), volumeMounts: mount, resources: {} },
      ],
      containers: [{ name: 'app', command: shell('cat /shared/order; exec sleep 1000'), volumeMounts: mount, resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    const pod = await rig.until('init', isReady);
    await eventually(() => expect(rig.log(pod, 'app')).toBe('first\nside\nlast\n'));
    expect(pod.status.initContainerStatuses?.map((s) => [s.name, s.ready, s.state.terminated?.reason ?? 'running'])).toEqual([
      ['first', true, 'Completed'],
      ['side', true, 'running'],
      ['last', true, 'Completed'],
    ]);
    await rig.delete('init');
    await rig.untilGone('init');
  });

  test('with an init container that fails for good is Failed', async () => {
    rig.pod('badinit', {
      restartPolicy: 'Never',
      initContainers: [{ name: 'bad', image: helloImage, command: shell('exit 7'), resources: {} }],
      containers: [{ name: 'app', command: shell('sleep 1000'), resources: {} }],
    });
    const pod = await rig.until('badinit', (p) => until(p, 'Failed'));
    expect(pod.status.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(7);
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.reason).toBe('PodInitializing');
  });

  test('gets its grace: preStop runs, then the signal, and the end is reported before the object goes', async () => {
    rig.pod('grace', {
      containers: [
        {
          name: 'app',
          command: shell('trap "echo term >> /out/order; exit 0" TERM; touch /out/armed; while true; do sleep 0.1; done'),
          // The signal of which the shell does not know yet passes by the first process of a container.
          lifecycle: { preStop: { exec: { command: shell('until [ -e /out/armed ]; do sleep 0.1; done; echo hook >> /out/order') } } },
          volumeMounts: [{ name: 'out', mountPath: '/out' }],
          resources: {},
        },
      ],
      volumes: [{ name: 'out', hostPath: { path: `${rig.scratch}/out`, type: 'DirectoryOrCreate' } }],
      terminationGracePeriodSeconds: 60,
    });
    await rig.until('grace', isReady);
    const ended = rig.until('grace', (p) => until(p, 'Succeeded'));
    await rig.delete('grace');
    await ended;
    await rig.untilGone('grace');
    expect(rig.events('grace').filter((event) => event.startsWith('Failed'))).toEqual([]);
    expect(readFileSync(`${rig.scratch}/out/order`, 'utf8')).toBe('hook\nterm\n');
  });

  test('is killed when it ignores the signal for its grace, and a shorter grace counts at once', async () => {
    rig.pod('stubborn', { containers: [{ name: 'app', command: shell('trap "echo term" TERM; echo armed; while true; do sleep 0.1; done'), resources: {} }], terminationGracePeriodSeconds: 600 });
    const pod = await rig.until('stubborn', isReady);
    await eventually(() => expect(rig.log(pod, 'app')).toBe('armed\n'));
    await rig.delete('stubborn', 600);
    await eventually(() => expect(rig.log(pod, 'app')).toBe('armed\nterm\n'));
    await rig.delete('stubborn', 1);
    // Nobody waits here for as long as the grace was first.
    await rig.untilGone('stubborn');
  });

  test('is cleaned up when its object vanishes', async () => {
    rig.pod('forced', { containers: [{ name: 'app', command: shell('exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 });
    const pod = await rig.until('forced', isReady);
    rig.client.remove(resources.pods, 'default', 'forced');
    await eventually(async () => expect(await rig.runtime.listSandboxes({ 'io.kubernetes.pod.uid': pod.metadata.uid ?? '' })).toEqual([]));
    await eventually(() => expect(existsSync(`${rig.rootDir}/pods/${pod.metadata.uid}`)).toBe(false));
    await eventually(() => expect(existsSync(`/sys/fs/cgroup/memory/${rig.cgroupRoot}/pod${pod.metadata.uid}`)).toBe(false));
  });

  test('keeps within its limits and says when it did not', async () => {
    // Not at once: what is killed before containerd watches its cgroup has ended with an Error, here as in Kubernetes.
    rig.pod('limits', {
      restartPolicy: 'Never',
      containers: [{ name: 'app', command: shell('until [ -e /tmp/watched ]; do sleep 0.1; done; dd if=/dev/zero of=/dev/null bs=200M count=1'), lifecycle: { postStart: { exec: { command: ['touch', '/tmp/watched'] } } }, resources: { limits: { cpu: '500m', memory: '32Mi' }, requests: { cpu: '250m', memory: '32Mi' } } }],
    });
    const pod = await rig.until('limits', (p) => until(p, 'Failed'));
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    const cgroup = `/sys/fs/cgroup/cpu/${rig.cgroupRoot}/pod${pod.metadata.uid}`;
    expect(readFileSync(`${cgroup}/cpu.cfs_quota_us`, 'utf8').trim()).toBe('50000');
    expect(readFileSync(`${cgroup}/cpu.shares`, 'utf8').trim()).toBe('256');
  });

  test('that asks for more than there is, is refused', async () => {
    rig.pod('greedy', { containers: [{ name: 'app', command: shell('sleep 1'), resources: { requests: { cpu: '1000' } } }] });
    const pod = await rig.until('greedy', (p) => until(p, 'Failed'));
    expect(pod.status.reason).toBe('OutOfcpu');
    expect(pod.status.message).toContain("Node didn't have enough resource: cpu, requested: 1000000");
  });

  test('can be debugged by a container that sees its processes', async () => {
    const pod = rig.pod('debugged', { containers: [{ name: 'app', command: shell('exec sleep 4321'), resources: {} }], terminationGracePeriodSeconds: 1 });
    await rig.until('debugged', isReady);
    const now = rig.get('debugged') ?? pod;
    const debug = { name: 'debug', image: helloImage, imagePullPolicy: 'IfNotPresent', command: shell('ps'), targetContainerName: 'app', resources: {} };
    rig.client.seed(resources.pods, { ...now, spec: { ...now.spec, ephemeralContainers: [debug] } });
    const after = await rig.until('debugged', (p) => p.status.ephemeralContainerStatuses?.[0]?.state.terminated !== undefined);
    await eventually(() => expect(rig.log(after, 'debug')).toContain('sleep 4321'));
    expect(isReady(after)).toBe(true);
    await rig.delete('debugged');
    await rig.untilGone('debugged');
  });

  test('gets a new sandbox and address when its own is lost, and runs its init containers again', async () => {
    rig.pod('lost', {
      initContainers: [{ name: 'init', image: helloImage, command: shell('exit 0'), resources: {} }],
      containers: [{ name: 'app', command: shell('exec sleep 1000'), resources: {} }],
      terminationGracePeriodSeconds: 1,
    });
    const before = await rig.until('lost', isReady);
    const labels = { 'io.kubernetes.pod.uid': before.metadata.uid ?? '' };
    const [old] = await rig.runtime.listSandboxes(labels);
    await rig.runtime.stopSandbox(old?.id ?? '');
    // A start may have been tried in the sandbox while it went away.
    const after = await rig.until('lost', (p) => (p.status.containerStatuses?.[0]?.restartCount ?? 0) >= 1 && p.status.podIP !== before.status.podIP && isReady(p));
    expect(after.status.initContainerStatuses?.[0]).toMatchObject({ restartCount: 1, ready: true });
    expect((await rig.runtime.listSandboxes(labels)).filter(({ ready }) => ready).length).toBe(1);
    await rig.delete('lost');
    await rig.untilGone('lost');
    expect(await rig.runtime.listSandboxes(labels)).toEqual([]);
  });

  test('over its deadline is Failed', async () => {
    rig.pod('deadline', { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1, containers: [{ name: 'app', command: shell('exec sleep 1000'), resources: {} }] });
    const pod = await rig.until('deadline', (p) => until(p, 'Failed'));
    expect(pod.status.reason).toBe('DeadlineExceeded');
  });
});

describe('a restarted kubelet', () => {
  test('adopts what runs and removes what is gone', async () => {
    rig.pod('stays', { containers: [{ name: 'app', command: shell('exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 });
    rig.pod('goes', { containers: [{ name: 'app', command: shell('exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 });
    const before = await rig.until('stays', isReady);
    const gone = await rig.until('goes', isReady);
    await rig.kubelet.stop();
    rig.client.remove(resources.pods, 'default', 'goes');
    await rig.startKubelet();
    await eventually(async () => expect(await rig.runtime.listSandboxes({ 'io.kubernetes.pod.uid': gone.metadata.uid ?? '' })).toEqual([]));
    const after = await rig.until('stays', isReady);
    expect(after.status.containerStatuses).toEqual(before.status.containerStatuses);
    expect(after.status.podIP).toBe(before.status.podIP);
    await rig.delete('stays');
    await rig.untilGone('stays');
  });
});
