import { describe, expect, test } from 'vitest';
import type { Pod, PodStatus } from '@rhythm/api/types/core-v1';
import { container, pod, t0 } from '../pod/fixtures.ts';
import { advanceFakePod, newFakePod, type FakePod, type FakePodResult } from './fake-pod.ts';

const advance = (fake: FakePod, p: Pod, published?: PodStatus, now = t0): FakePodResult => advanceFakePod(fake, { pod: p, published, hostIps: ['192.0.2.1'], ip: () => '100.64.0.2', now });
const isReady = ({ conditions }: PodStatus): boolean => conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

describe('a pod on a fake node', () => {
  test('is ready at once, with an address, whatever its probes and init containers', () => {
    const p = pod({
      initContainers: [container('first'), container('sidecar', { restartPolicy: 'Always' })],
      containers: [container('a', { readinessProbe: { httpGet: { port: 80 } }, startupProbe: { exec: { command: ['x'] } } }), container('b')],
    });
    const { status, finished } = advance(newFakePod(p, t0), p);
    expect(finished).toBe(false);
    expect(isReady(status)).toBe(true);
    expect(status).toMatchObject({ phase: 'Running', podIP: '100.64.0.2', hostIP: '192.0.2.1' });
    expect(status.initContainerStatuses?.map(({ state }) => Object.keys(state))).toEqual([['terminated'], ['running']]);
    expect(status.containerStatuses?.map(({ ready, restartCount }) => [ready, restartCount])).toEqual([[true, 0], [true, 0]]);
  });

  test('does not change when nothing happens, nor when its process starts again', () => {
    const p = pod();
    const fake = newFakePod(p, t0);
    const first = advance(fake, p).status;
    expect(advance(fake, p, first, t0 + 60_000).status).toEqual(first);
    const later = { ...p, status: first };
    expect(advance(newFakePod(later, t0 + 90_000), later, undefined, t0 + 90_000).status).toEqual(first);
  });

  test('ends at once when it is deleted, whatever its grace', () => {
    const p = pod({ terminationGracePeriodSeconds: 600 });
    const fake = newFakePod(p, t0);
    const { status } = advance(fake, p);
    const deleted = { ...p, metadata: { ...p.metadata, deletionTimestamp: '2030-01-01T00:00:00Z', deletionGracePeriodSeconds: 600 }, status };
    const last = advance(fake, deleted, status, t0 + 1_000);
    expect(last.finished).toBe(true);
    expect(isReady(last.status)).toBe(false);
    expect(last.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0 });
  });

  test('one that was deleted before it was seen is finished without ever having run', () => {
    const p = pod({}, { metadata: { name: 'p', namespace: 'ns', uid: 'u', deletionTimestamp: '2030-01-01T00:00:00Z' } });
    const { finished, status } = advance(newFakePod(p, t0), p);
    expect(finished).toBe(true);
    expect(status.podIP).toBeUndefined();
  });

  test('fails at its deadline, and is looked at then', () => {
    const p = pod({ activeDeadlineSeconds: 30 });
    const fake = newFakePod(p, t0);
    const { wakeAt, status } = advance(fake, p);
    expect(wakeAt).toBe(t0 + 30_000);
    expect(advance(fake, p, status, t0 + 30_000).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  test('shares the address of its node when it asks for its network', () => {
    const p = pod({ hostNetwork: true });
    expect(advance(newFakePod(p, t0), p).status.podIP).toBe('192.0.2.1');
  });

  test('restarts a container whose image was changed', () => {
    const p = pod();
    const fake = newFakePod(p, t0);
    const { status } = advance(fake, p);
    const changed = pod({ containers: [container('a', { image: 'other' })] });
    const after = advance(fake, changed, status, t0 + 60_000);
    expect(after.status.containerStatuses?.[0]).toMatchObject({ image: 'other', restartCount: 1, ready: true });
  });
});
