import type { Container, Pod } from '@rhythm/api/types/core-v1';
import type { ContainerStatus, SandboxStatus } from '@rhythm/cri';
import { PodState } from './pod-state.ts';

/** Builders for the tables of plan and status tests. `t0` is when everything begins. */
export const t0 = 1_700_000_000_000;

export const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'img', resources: {}, ...more });

export function pod(spec: Partial<Pod['spec']> = {}, more: Partial<Pod> = {}): Pod {
  return {
    metadata: { name: 'p', namespace: 'ns', uid: 'u', generation: 1 },
    spec: { containers: [container('a')], restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec },
    status: { phase: 'Pending' },
    ...more,
  };
}

export const sandbox = (attempt = 0, more: Partial<SandboxStatus> = {}): SandboxStatus => ({
  id: `s${attempt}`,
  name: 'p',
  namespace: 'ns',
  uid: 'u',
  attempt,
  ready: true,
  createdAt: t0,
  labels: {},
  annotations: {},
  ips: ['10.0.0.1'],
  ...more,
});

export const running = (name: string, attempt = 0, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  id: `${name}${attempt}`,
  sandboxId: 's0',
  name,
  attempt,
  state: 'running',
  createdAt: t0,
  startedAt: t0,
  finishedAt: 0,
  exitCode: 0,
  reason: '',
  message: '',
  image: 'img',
  imageRef: 'sha256:img',
  logPath: '',
  labels: {},
  annotations: {},
  ...more,
});

export const exited = (name: string, exitCode: number, attempt = 0, more: Partial<ContainerStatus> = {}): ContainerStatus =>
  running(name, attempt, { state: 'exited', exitCode, finishedAt: t0 + 1_000, ...more });

/** A memory with its volumes mounted. */
export function memory(change: (state: PodState) => void = () => undefined): PodState {
  const state = new PodState(t0);
  state.mounted = true;
  change(state);
  return state;
}
