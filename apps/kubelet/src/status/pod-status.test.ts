import { describe, expect, test } from 'vitest';
import type { Pod, PodStatus } from '@rhythm/api/types/core-v1';
import { formatTime } from '@rhythm/base';
import type { ContainerStatus, SandboxStatus } from '@rhythm/cri';
import { container, exited, memory, pod, running, sandbox, t0 } from '../pod/fixtures.ts';
import type { PodState } from '../pod/pod-state.ts';
import { podStatus } from './pod-status.ts';
import { isOverwritten, statusPatch, withOwnStatus } from './status-patch.ts';

function status(input: { pod?: Pod; sandboxes?: readonly SandboxStatus[]; containers?: readonly ContainerStatus[]; memory?: PodState; at?: number }): PodStatus {
  return podStatus({
    pod: input.pod ?? pod(),
    observed: { sandboxes: input.sandboxes ?? [sandbox()], containers: input.containers ?? [] },
    memory: input.memory ?? memory(),
    now: t0 + (input.at ?? 2_000),
    hostIps: ['192.0.2.1'],
  });
}

const conditions = (s: PodStatus): Record<string, string> => Object.fromEntries((s.conditions ?? []).map((c) => [c.type, c.reason === undefined ? c.status : `${c.status} ${c.reason}`]));

describe('phase', () => {
  const never = pod({ restartPolicy: 'Never' });
  const onFailure = pod({ restartPolicy: 'OnFailure' });
  const withInit = pod({ initContainers: [container('i')] });
  test.each<[string, Pod, readonly ContainerStatus[], string]>([
    ['nothing yet', pod(), [], 'Pending'],
    ['running', pod(), [running('a')], 'Running'],
    ['ended, restarts always', pod(), [exited('a', 1)], 'Running'],
    ['ended well, never restarts', never, [exited('a', 0)], 'Succeeded'],
    ['failed, never restarts', never, [exited('a', 2)], 'Failed'],
    ['failed, restarts on failure', onFailure, [exited('a', 2)], 'Running'],
    ['ended well, restarts on failure', onFailure, [exited('a', 0)], 'Succeeded'],
    ['init runs', withInit, [running('i')], 'Pending'],
    ['init failed and restarts', withInit, [exited('i', 1)], 'Pending'],
    ['init failed for good', pod({ restartPolicy: 'Never', initContainers: [container('i')] }), [exited('i', 1)], 'Failed'],
    ['one of two runs', pod({ restartPolicy: 'Never', containers: [container('a'), container('b')] }), [running('a'), exited('b', 1)], 'Running'],
    ['one of two not made', pod({ containers: [container('a'), container('b')] }), [running('a')], 'Pending'],
    ['succeeded, but a sidecar runs', pod({ restartPolicy: 'Never', initContainers: [container('s', { restartPolicy: 'Always' })] }), [exited('a', 0), running('s')], 'Running'],
  ])('%s', (_name, p, containers, phase) => {
    expect(status({ pod: p, containers }).phase).toBe(phase);
  });

  test('an outcome stays, whatever is seen later', () => {
    expect(status({ pod: pod({}, { status: { phase: 'Failed', reason: 'Evicted' } }), containers: [running('a')] })).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
  });

  test('a deleted pod gets one even if it restarts always', () => {
    const ending = memory((state) => (state.termination = { since: t0, graceSeconds: 30 }));
    expect(status({ containers: [exited('a', 0)], memory: ending }).phase).toBe('Succeeded');
    expect(status({ containers: [exited('a', 137)], memory: ending }).phase).toBe('Failed');
    expect(status({ containers: [running('a')], memory: ending }).phase).toBe('Running');
  });
});

describe('conditions', () => {
  test('of a running pod', () => {
    expect(conditions(status({ containers: [running('a')] }))).toEqual({ PodReadyToStartContainers: 'True', Initialized: 'True', Ready: 'True', ContainersReady: 'True', PodScheduled: 'True' });
  });

  test('of one that waits for its init containers', () => {
    const s = status({ pod: pod({ initContainers: [container('i'), container('j')] }), containers: [exited('i', 0)] });
    expect(conditions(s)).toMatchObject({ Initialized: 'False ContainersNotInitialized', Ready: 'False ContainersNotReady' });
    expect(s.conditions?.find((c) => c.type === 'Initialized')?.message).toBe('containers with incomplete status: [j]');
  });

  test('of one that has ended', () => {
    expect(conditions(status({ pod: pod({ restartPolicy: 'Never' }), sandboxes: [sandbox(0, { ready: false })], containers: [exited('a', 0)] }))).toMatchObject({
      PodReadyToStartContainers: 'False',
      Initialized: 'True',
      Ready: 'False PodCompleted',
      ContainersReady: 'False PodCompleted',
    });
  });

  test('readiness gates and probes', () => {
    const gated = pod({ readinessGates: [{ conditionType: 'x/gate' }] });
    expect(conditions(status({ pod: gated, containers: [running('a')] }))).toMatchObject({ Ready: 'False ReadinessGatesNotReady', ContainersReady: 'True' });
    const open = { ...gated, status: { phase: 'Running', conditions: [{ type: 'x/gate', status: 'True' }] } };
    expect(conditions(status({ pod: open, containers: [running('a')] }))).toMatchObject({ Ready: 'True', 'x/gate': 'True' });
    const probed = pod({ containers: [container('a', { readinessProbe: {} })] });
    expect(conditions(status({ pod: probed, containers: [running('a')] })).Ready).toBe('False ContainersNotReady');
    expect(conditions(status({ pod: probed, containers: [running('a')], memory: memory((state) => state.probes.set('a0', { readiness: true })) })).Ready).toBe('True');
  });

  test('transition times move only with the status', () => {
    const first = status({ containers: [running('a')], at: 1_000 });
    const second = status({ pod: pod({}, { status: first }), containers: [running('a')], at: 60_000 });
    expect(second.conditions).toEqual(first.conditions);
    const third = status({ pod: pod({}, { status: first }), containers: [exited('a', 1)], at: 60_000 });
    expect(third.conditions?.find((c) => c.type === 'Ready')?.lastTransitionTime).toBe(formatTime(t0 + 60_000));
    expect(third.conditions?.find((c) => c.type === 'Initialized')?.lastTransitionTime).toBe(formatTime(t0 + 1_000));
  });
});

describe('container statuses', () => {
  test('of a container that runs', () => {
    expect(status({ containers: [running('a', 3)] }).containerStatuses).toEqual([
      { name: 'a', state: { running: { startedAt: formatTime(t0) } }, lastState: {}, ready: true, started: true, restartCount: 3, image: 'img', imageID: 'sha256:img', containerID: 'containerd://a3' },
    ]);
  });

  test('of one in back-off, with what ended it', () => {
    const state = memory((s) => s.backoff.set('a', { delayMs: 80_000, raisedAt: t0 }));
    expect(status({ containers: [exited('a', 3, 2, { message: 'why', reason: 'Error' })], memory: state }).containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 1m20s restarting failed container=a pod=p_ns(u)' } },
      lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'why', containerID: 'containerd://a2' } },
      ready: false,
      started: false,
      restartCount: 2,
    });
  });

  test('of one that cannot start', () => {
    const state = memory((s) => s.obstacles.set('a', { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"', retryAt: t0 + 99_000 }));
    expect(status({ memory: state }).containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } });
    expect(status({}).containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    const initializing = status({ pod: pod({ initContainers: [container('i')] }) });
    for (const list of [initializing.containerStatuses, initializing.initContainerStatuses]) expect(list?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  test('the state before comes from the instance before', () => {
    expect(status({ containers: [running('a', 1), exited('a', 9, 0)] }).containerStatuses?.[0]).toMatchObject({ state: { running: {} }, lastState: { terminated: { exitCode: 9 } } });
  });

  test('what the runtime lost is shown as lost', () => {
    const before = status({ containers: [running('a')] });
    expect(status({ pod: pod({}, { status: before }), sandboxes: [] }).containerStatuses?.[0]).toMatchObject({
      state: { waiting: {} },
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', containerID: 'containerd://a0' } },
    });
  });

  test('a killed one says so', () => {
    const ending = memory((state) => (state.termination = { since: t0, graceSeconds: 30 }));
    expect(status({ containers: [exited('a', 137, 0, { reason: 'OOMKilled' })], memory: ending }).containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });
});

test('a refused pod is Failed with the reason', () => {
  const refused = memory((state) => (state.failure = { reason: 'OutOfcpu', message: 'Pod was rejected: …' }));
  expect(status({ sandboxes: [], memory: refused })).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: …' });
});

test('addresses: the pod’s own, or the machine’s', () => {
  expect(status({ containers: [running('a')] })).toMatchObject({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], hostIP: '192.0.2.1', hostIPs: [{ ip: '192.0.2.1' }] });
  expect(status({ pod: pod({ hostNetwork: true }), sandboxes: [sandbox(0, { ips: [] })] }).podIP).toBe('192.0.2.1');
});

describe('publishing', () => {
  test('a patch removes addresses and messages that are gone, and carries the uid', () => {
    const published = pod({}, { status: { phase: 'Running', message: 'old', podIPs: [{ ip: '10.0.0.9' }], podIP: '10.0.0.9' } });
    const patch = statusPatch(published, { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] });
    expect(patch).toEqual({ metadata: { uid: 'u' }, status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { $patch: 'delete', ip: '10.0.0.9' }], message: null } });
  });

  test('a pod marked unready by others is marked ready again; their own conditions are theirs', () => {
    const ours = status({ containers: [running('a')] });
    const marked = { ...ours, conditions: ours.conditions?.map((c) => (c.type === 'Ready' ? { ...c, status: 'False' } : c)) };
    expect(isOverwritten(ours, ours)).toBe(false);
    expect(isOverwritten(marked, ours)).toBe(true);
    expect(isOverwritten({ ...ours, conditions: [...(ours.conditions ?? []), { type: 'DisruptionTarget', status: 'True' }] }, ours)).toBe(false);
    const merged = withOwnStatus(pod({}, { status: { ...marked, conditions: [...marked.conditions ?? [], { type: 'x', status: 'True' }] } }), ours);
    expect(conditions(merged.status)).toMatchObject({ Ready: 'True', x: 'True' });
  });
});

test('a patch takes the reason away from a condition that no longer has one', () => {
  const patch = statusPatch(pod(), { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }, { type: 'mine', status: 'True' }] });
  expect(patch).toMatchObject({ status: { conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }, { type: 'mine', status: 'True' }] } });
});
