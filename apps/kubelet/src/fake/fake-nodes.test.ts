import { afterEach, describe, expect, test } from 'vitest';
import { resources } from '@rhythm/api';
import type { Node, Pod } from '@rhythm/api/types/core-v1';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient } from '@rhythm/client/fake';
import { startInformer } from '@rhythm/controller';
import { container } from '../pod/fixtures.ts';
import { boundedWrites } from './bounded-client.ts';
import { fakeFacts, parseFakeCapacity } from './fake-facts.ts';
import { FakePods } from './fake-pods.ts';
import { Heartbeats } from './heartbeats.ts';
import { fakeNodes } from './node-range.ts';

/** Fake nodes on a fake API server and virtual time. */
function rig(count: number, capacity: readonly string[] = []) {
  const clock = new VirtualClock();
  const ports = { clock, log: silentLog, random: seededRandom(1) };
  const api = fakeApiClient({ clock });
  const client = boundedWrites(api, 8);
  const informers = { nodes: startInformer(client, resources.nodes, ports), pods: startInformer(client, resources.pods, ports) };
  const shared = { client, ...ports, nodes: fakeNodes(count, '100.64.0.0/10'), nodeIps: ['192.0.2.1'], facts: fakeFacts(parseFakeCapacity(capacity)) };
  const heartbeats = new Heartbeats({ ...shared, informer: informers.nodes, port: () => 10250 });
  const pods = new FakePods({ ...shared, informer: informers.pods });
  heartbeats.start();
  void pods.start();
  const until = async (holds: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 1_000; turn++) {
      await clock.advance(0);
      if (holds()) return;
    }
    throw new Error('it did not happen');
  };
  return {
    api,
    clock,
    pods,
    until,
    node: (name: string) => api.peek<Node>(resources.nodes, '', name),
    pod: (name: string) => api.peek<Pod>(resources.pods, 'ns', name),
    run: (name: string, nodeName: string, spec: Partial<Pod['spec']> = {}): Pod =>
      api.seed<Pod>(resources.pods, { metadata: { name, namespace: 'ns', generation: 1 }, spec: { containers: [container('a')], restartPolicy: 'Always', nodeName, ...spec }, status: { phase: 'Pending' } }),
    stop: async () => {
      await Promise.all([heartbeats.stop(), pods.stop()]);
      await Promise.all([informers.nodes.stop(), informers.pods.stop()]);
    },
  };
}

let started: ReturnType<typeof rig>;
afterEach(() => started.stop());

describe('fake nodes', () => {
  test('register, and renew their leases in turn, not together', async () => {
    started = rig(40);
    const { api, clock, until, node } = started;
    await until(() => api.writes().filter((write) => write.startsWith('create leases')).length === 40);
    expect(node('fake-39')).toMatchObject({ spec: { podCIDR: '100.64.39.0/24' }, status: { allocatable: { cpu: '32', memory: '256Gi', pods: '110' } } });
    const renewals = (): number => api.writes().filter((write) => write.startsWith('update leases')).length;
    for (const expected of [2, 4, 6]) {
      await clock.advance(1_000);
      await until(() => renewals() === expected);
    }
    for (let second = 3; second < 20; second++) {
      await clock.advance(1_000);
      await until(() => renewals() === (second + 1) * 2);
    }
    expect(api.writes().some((write) => write.includes('nodes') && write.startsWith('patch'))).toBe(false);
  });

  test('come back when somebody deletes them', async () => {
    started = rig(1);
    const { api, clock, until, node } = started;
    await until(() => node('fake-0') !== undefined);
    api.remove(resources.nodes, '', 'fake-0');
    await until(() => node('fake-0') === undefined);
    for (let second = 0; second < 21; second++) await clock.advance(1_000);
    await until(() => node('fake-0') !== undefined);
  });

  test('run each pod with one write, and let it go with two', async () => {
    started = rig(2);
    const { api, until, pod, run } = started;
    run('p', 'fake-1');
    run('elsewhere', 'real');
    await until(() => pod('p')?.status.phase === 'Running');
    expect(pod('p')?.status.podIP).toBe('100.64.1.2');
    expect(pod('elsewhere')?.status.phase).toBe('Pending');
    const writes = (): string[] => api.writes().filter((write) => write.includes('ns/p'));
    expect(writes()).toHaveLength(1);
    await api.delete(resources.pods, 'ns', 'p', { gracePeriodSeconds: 30 });
    await until(() => pod('p') === undefined);
    expect(writes().slice(1).filter((write) => write.startsWith('patch'))).toHaveLength(1);
    await until(() => started.pods.count === 0);
  });

  test('refuse what does not fit', async () => {
    started = rig(1, ['pods=1']);
    const { until, pod, run } = started;
    run('p', 'fake-0');
    run('q', 'fake-0');
    await until(() => pod('q')?.status.phase === 'Failed');
    expect(pod('q')?.status.reason).toBe('OutOfpods');
    await until(() => pod('p')?.status.phase === 'Running');
  });
});
