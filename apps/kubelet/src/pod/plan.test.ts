import { describe, expect, test } from 'vitest';
import type { Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus, SandboxStatus } from '@rhythm/cri';
import { container, exited, memory, pod, running, sandbox, t0 } from './fixtures.ts';
import { planPod } from './plan.ts';
import type { PodState } from './pod-state.ts';
import { containerHash } from '../spec/container-hash.ts';

interface Case {
  pod?: Pod;
  deleted?: boolean;
  sandboxes?: readonly SandboxStatus[];
  containers?: readonly ContainerStatus[];
  memory?: PodState;
  at?: number;
}

/** The plan in words, and when it wakes, in ms after t0. */
function plan(input: Case): { actions: string[]; wake?: number; failure?: string } {
  const result = planPod({
    pod: input.pod ?? pod(),
    deleted: input.deleted ?? false,
    observed: { sandboxes: input.sandboxes ?? [sandbox()], containers: input.containers ?? [] },
    memory: input.memory ?? memory(),
    now: t0 + (input.at ?? 1_000),
  });
  const words = result.actions.map((action) => {
    switch (action.kind) {
      case 'createSandbox':
        return `sandbox ${action.attempt}`;
      case 'startContainer':
        return `start ${action.name} ${action.attempt}`;
      case 'killContainer':
        return `kill ${action.id} ${action.graceSeconds}s`;
      case 'stopSandbox':
      case 'removeSandbox':
      case 'removeContainer':
        return `${action.kind} ${action.id}`;
      default:
        return action.kind;
    }
  });
  return { actions: words, ...(result.wakeAt === undefined ? {} : { wake: result.wakeAt - t0 }), ...(result.failure === undefined ? {} : { failure: result.failure.reason }) };
}

const init = (name: string): ReturnType<typeof container> => container(name);
const sidecar = (name: string): ReturnType<typeof container> => container(name, { restartPolicy: 'Always' });

describe('a pod that is to run', () => {
  test('first its volumes, then a sandbox, then its containers', () => {
    const unmounted = memory((state) => (state.mounted = false));
    expect(plan({ sandboxes: [], memory: unmounted })).toEqual({ actions: ['mountVolumes'] });
    expect(plan({ sandboxes: [] })).toEqual({ actions: ['sandbox 0'] });
    expect(plan({ pod: pod({ containers: [container('a'), container('b')] }) })).toEqual({ actions: ['start a 0', 'start b 0'] });
    expect(plan({ containers: [running('a')] })).toEqual({ actions: [] });
  });

  test('an adopted pod gets its volumes too; one that cannot have them yet starts nothing, and kills all the same', () => {
    const unmounted = memory((state) => (state.mounted = false));
    expect(plan({ containers: [running('a')], memory: unmounted })).toEqual({ actions: ['mountVolumes'] });
    const blocked = memory((state) => {
      state.mounted = false;
      state.volumeObstacle = { reason: 'FailedMount', message: 'm', retryAt: t0 + 4_000 };
      state.probes.set('a0', { liveness: false });
    });
    expect(plan({ containers: [running('a')], memory: blocked })).toEqual({ actions: ['kill a0 30s'], wake: 4_000 });
    expect(plan({ sandboxes: [], memory: blocked })).toEqual({ actions: [], wake: 4_000 });
    expect(plan({ memory: blocked })).toEqual({ actions: [], wake: 4_000 });
    expect(plan({ memory: blocked, at: 4_000 })).toEqual({ actions: ['mountVolumes'] });
  });

  test('waits behind an obstacle and goes on after it', () => {
    const blocked = memory((state) => state.obstacles.set('a', { reason: 'ErrImagePull', message: 'm', retryAt: t0 + 5_000 }));
    expect(plan({ memory: blocked })).toEqual({ actions: [], wake: 5_000 });
    expect(plan({ memory: blocked, at: 5_000 })).toEqual({ actions: ['start a 0'] });
    const noSandbox = memory((state) => (state.sandboxObstacle = { reason: 'FailedCreatePodSandBox', message: 'm', retryAt: t0 + 3_000 }));
    expect(plan({ sandboxes: [], memory: noSandbox })).toEqual({ actions: [], wake: 3_000 });
  });

  test('init containers run one after the other, sidecars stay', () => {
    const p = pod({ initContainers: [init('i'), sidecar('s'), init('j')] });
    expect(plan({ pod: p }).actions).toEqual(['start i 0']);
    expect(plan({ pod: p, containers: [running('i')] }).actions).toEqual([]);
    expect(plan({ pod: p, containers: [exited('i', 0)] }).actions).toEqual(['start s 0']);
    expect(plan({ pod: p, containers: [running('s'), exited('i', 0)] }).actions).toEqual(['start j 0']);
    expect(plan({ pod: p, containers: [exited('j', 0), running('s'), exited('i', 0)] }).actions).toEqual(['start a 0']);
    expect(plan({ pod: p, containers: [running('a'), exited('j', 0), exited('s', 0), exited('i', 0)] }).actions).toEqual(['start s 1']);
  });

  test('a sidecar with a startup probe holds the next back until it has started', () => {
    const p = pod({ initContainers: [container('s', { restartPolicy: 'Always', startupProbe: {} })] });
    expect(plan({ pod: p, containers: [running('s')] }).actions).toEqual([]);
    expect(plan({ pod: p, containers: [running('s')], memory: memory((state) => state.probes.set('s0', { startup: true })) }).actions).toEqual(['start a 0']);
  });

  test('init containers run again in a new sandbox', () => {
    const p = pod({ initContainers: [init('i')] });
    const containers = [exited('a', 137, 0), exited('i', 0, 0)];
    expect(plan({ pod: p, sandboxes: [sandbox(0, { ready: false })], containers }).actions).toEqual(['stopSandbox s0', 'sandbox 1']);
    expect(plan({ pod: p, sandboxes: [sandbox(1), sandbox(0, { ready: false })], containers }).actions).toEqual(['start i 0']);
  });

  test('a lost sandbox costs its containers no back-off', () => {
    const waiting = memory((state) => state.backoff.set('a', { delayMs: 80_000, raisedAt: t0 }));
    expect(plan({ containers: [exited('a', 137, 4)], memory: waiting })).toEqual({ actions: [], wake: 81_000 });
    expect(plan({ sandboxes: [sandbox(1), sandbox(0, { ready: false })], containers: [exited('a', 137, 4)], memory: waiting })).toEqual({ actions: ['start a 5'] });
    waiting.obstacles.set('a', { reason: 'ErrImagePull', message: 'm', retryAt: t0 + 5_000 });
    expect(plan({ sandboxes: [sandbox(1), sandbox(0, { ready: false })], containers: [exited('a', 137, 4)], memory: waiting })).toEqual({ actions: [], wake: 5_000 });
  });

  test('what runs in a dead sandbox is killed before a new one', () => {
    expect(plan({ sandboxes: [sandbox(3, { ready: false })], containers: [running('a')] }).actions).toEqual(['kill a0 30s', 'stopSandbox s3', 'sandbox 4']);
  });

  test.each([
    ['Always', 0, ['start a 1']],
    ['Always', 1, ['start a 1']],
    ['OnFailure', 1, ['start a 1']],
    ['OnFailure', 0, ['stopSandbox s0']],
    ['Never', 1, ['stopSandbox s0']],
  ])('restart policy %s after exit code %d', (restartPolicy, code, actions) => {
    expect(plan({ pod: pod({ restartPolicy }), containers: [exited('a', code)] }).actions).toEqual(actions);
  });

  test('container rules come before the pod policy', () => {
    const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
    const p = pod({ restartPolicy: 'Never', containers: [container('a', { restartPolicy: 'Never', restartPolicyRules: rules })] });
    expect(plan({ pod: p, containers: [exited('a', 42)] }).actions).toEqual(['start a 1']);
    expect(plan({ pod: p, containers: [exited('a', 1)] }).actions).toEqual(['stopSandbox s0']);
  });

  test('restarts wait 10 s, 20 s … 300 s; ten quiet minutes forget them', () => {
    const waits: (number | undefined)[] = [];
    const state = memory();
    let at = 1_000;
    for (let attempt = 0; attempt < 8; attempt++) {
      const containers = [exited('a', 1, attempt, { finishedAt: t0 + at })];
      const first = plan({ containers, memory: state, at });
      waits.push(first.wake === undefined ? 0 : first.wake - at);
      at = first.wake ?? at;
      const result = planPod({ pod: pod(), deleted: false, observed: { sandboxes: [sandbox()], containers }, memory: state, now: t0 + at });
      const [action] = result.actions;
      if (action?.kind === 'startContainer' && action.backoff !== undefined) state.backoff.set('a', action.backoff);
    }
    expect(waits).toEqual([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    const later = at + 600_001;
    expect(plan({ containers: [exited('a', 1, 8, { finishedAt: t0 + later })], memory: state, at: later }).actions).toEqual(['start a 9']);
  });

  test('a changed image, a failed liveness or startup probe end a container', () => {
    const hashed = { annotations: { 'io.kubernetes.container.hash': containerHash({ name: 'a', image: 'old' }) } };
    expect(plan({ containers: [running('a', 0, hashed)] }).actions).toEqual(['kill a0 30s']);
    const p = pod({ containers: [container('a', { livenessProbe: { terminationGracePeriodSeconds: 5 }, startupProbe: {} })] });
    expect(plan({ pod: p, containers: [running('a')], memory: memory((state) => state.probes.set('a0', { startup: true, liveness: false })) }).actions).toEqual(['kill a0 5s']);
    expect(plan({ pod: p, containers: [running('a')], memory: memory((state) => state.probes.set('a0', { startup: false })) }).actions).toEqual(['kill a0 30s']);
  });

  test('what was created and never started is made anew', () => {
    expect(plan({ containers: [running('a', 2, { state: 'created' })] }).actions).toEqual(['removeContainer a2', 'start a 2']);
  });

  test('counting goes on when the runtime has lost a container', () => {
    const status = { name: 'a', image: '', imageID: '', ready: true, restartCount: 4, state: {}, lastState: {}, containerID: 'containerd://x' };
    expect(plan({ pod: pod({}, { status: { phase: 'Running', containerStatuses: [status] } }) }).actions).toEqual(['start a 5']);
  });

  test('two instances of each container are kept, and sandboxes that hold one', () => {
    const containers = [running('a', 3, { sandboxId: 's1' }), exited('a', 1, 2, { sandboxId: 's1' }), exited('a', 1, 1), exited('a', 1, 0)];
    expect(plan({ sandboxes: [sandbox(1), sandbox(0, { ready: false })], containers }).actions).toEqual(['removeContainer a1', 'removeContainer a0', 'removeSandbox s0']);
  });

  test('over its deadline it has failed', () => {
    const p = pod({ activeDeadlineSeconds: 60 });
    expect(plan({ pod: p, containers: [running('a')] })).toEqual({ actions: [], wake: 60_000 });
    expect(plan({ pod: p, containers: [running('a')], at: 60_000 })).toEqual({ actions: [], failure: 'DeadlineExceeded' });
    const failed = memory((state) => (state.failure = { reason: 'DeadlineExceeded', message: '' }));
    expect(plan({ pod: p, containers: [running('a')], memory: failed, at: 60_000 }).actions).toEqual(['kill a0 30s']);
  });
});

describe('a pod that must end', () => {
  const ending = (graceSeconds: number): PodState => memory((state) => (state.termination = { since: t0, graceSeconds }));

  test('containers, then sidecars backwards, then the sandbox, then the last report', () => {
    const p = pod({ initContainers: [sidecar('s'), sidecar('t')], containers: [container('a'), container('b')] });
    const input = { pod: p, deleted: true, memory: ending(30), at: 0 };
    expect(plan({ ...input, containers: [running('a'), running('b'), running('s'), running('t')] }).actions).toEqual(['kill a0 30s', 'kill b0 30s']);
    expect(plan({ ...input, containers: [exited('a', 0), running('s'), running('t')] }).actions).toEqual(['kill t0 30s']);
    expect(plan({ ...input, containers: [exited('t', 0), running('s')] }).actions).toEqual(['kill s0 30s']);
    expect(plan({ ...input, containers: [exited('s', 0)] }).actions).toEqual(['stopSandbox s0']);
    expect(plan({ ...input, sandboxes: [sandbox(0, { ready: false })], containers: [exited('s', 0)] }).actions).toEqual(['finish']);
    expect(plan({ ...input, sandboxes: [] }).actions).toEqual(['finish']);
  });

  test('the grace counts from when it was first seen', () => {
    expect(plan({ deleted: true, memory: ending(30), containers: [running('a')], at: 12_000 }).actions).toEqual(['kill a0 18s']);
    expect(plan({ deleted: true, memory: ending(30), containers: [running('a')], at: 40_000 }).actions).toEqual(['kill a0 0s']);
  });

  test('one that has succeeded stays until it is deleted', () => {
    const p = pod({ restartPolicy: 'Never', initContainers: [sidecar('s')] });
    expect(plan({ pod: p, containers: [exited('a', 0), running('s')] }).actions).toEqual(['kill s0 30s']);
    expect(plan({ pod: p, sandboxes: [sandbox(0, { ready: false })], containers: [exited('a', 0), exited('s', 0)] }).actions).toEqual([]);
    expect(plan({ pod: p, deleted: true, sandboxes: [sandbox(0, { ready: false })], containers: [exited('a', 0)] }).actions).toEqual(['finish']);
  });

  test('a refused pod starts nothing, a finished one nothing again', () => {
    expect(plan({ sandboxes: [], memory: memory((state) => (state.failure = { reason: 'OutOfcpu', message: '' })) }).actions).toEqual([]);
    expect(plan({ sandboxes: [], pod: pod({}, { status: { phase: 'Succeeded' } }) }).actions).toEqual([]);
  });
});
