import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNodeRig, type NodeRig } from './node-rig.ts';

const shell = (script: string): string[] => ['/bin/sh', '-c', script];
const until = (pod: { status: { phase?: string } }, phase: string): boolean => pod.status.phase === phase;
const isReady = (pod: { status: { conditions?: { type: string; status: string }[] } }): boolean =>
  pod.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

let rig: NodeRig;
beforeAll(async () => {
  rig = await startNodeRig();
}, 60_000);
afterAll(() => rig.stop(), 120_000);

describe('a pod on real containerd', () => {
  test('runs, is reported and is deleted', async () => {
    rig.pod('plain', { containers: [{ name: 'app', command: shell('echo hello; exec sleep 1000'), resources: {} }], terminationGracePeriodSeconds: 1 });
    const pod = await rig.until('plain', isReady);
    expect(pod.status).toMatchObject({ phase: 'Running', qosClass: 'BestEffort', containerStatuses: [{ name: 'app', ready: true, started: true, restartCount: 0, state: { running: {} } }] });
    expect(pod.status.podIP).toMatch(/^10\./);
    expect(rig.log(pod, 'app')).toBe('hello\n');
    await rig.delete('plain');
    await rig.untilGone('plain');
    expect(await rig.runtime.listSandboxes({ 'io.kubernetes.pod.uid': pod.metadata.uid ?? '' })).toEqual([]);
  });

  test('that ends is Succeeded', async () => {
    rig.pod('once', { restartPolicy: 'Never', containers: [{ name: 'app', command: shell('exit 0'), resources: {} }] });
    const pod = await rig.until('once', (p) => until(p, 'Succeeded'));
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });
});
