import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import type { Node } from '@rhythm/api/types/core-v1';
import { silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient, type FakeApiClient } from '@rhythm/client/fake';
import { fakeRuntime } from '@rhythm/cri';
import { NodeAgent } from './node-agent.ts';
import { readNodeFacts } from './node-facts.ts';

let folder: string;
let clock: VirtualClock;
let client: FakeApiClient;
let agent: NodeAgent;
let down: boolean;
let told: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rhythm-node-'));
  clock = new VirtualClock();
  down = false;
  told = [];
  client = fakeApiClient({
    clock,
    before: () => {
      if (down) throw new ApiError('ServiceUnavailable', 'away');
    },
  });
  agent = new NodeAgent({
    client,
    runtime: fakeRuntime({ clock, images: ['img:latest'] }),
    clock,
    log: silentLog,
    recorder: { event: ({ metadata }, type, reason, message) => void told.push(`${metadata.uid} ${type} ${reason} ${message}`) },
    nodeName: 'n',
    nodeIps: ['192.0.2.1'],
    podCidr: '10.1.0.0/24',
    // Not this machine's, whose disk may be almost full.
    pressure: () => ({ memoryAvailableBytes: 1e9, diskFree: 0.5, inodesFree: 0.5, pidsFree: 0.9 }),
    facts: readNodeFacts(folder, { name: 'fake', version: '1' }),
    port: () => 10250,
  });
});
afterEach(async () => {
  await agent.stop();
  rmSync(folder, { recursive: true });
});

const node = (): Node | undefined => client.peek(resources.nodes, '', 'n');
const lease = (): Lease | undefined => client.peek(resources.leases, 'kube-node-lease', 'n');
const pass = async (ms: number): Promise<void> => {
  for (let at = 0; at < ms; at += 1_000) {
    await clock.advance(1_000);
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
  }
};
const writes = (text: string): number => client.writes().filter((line) => line.includes(text)).length;

describe('a node', () => {
  test('registers with what the scheduler needs', async () => {
    agent.start();
    await pass(1_000);
    await agent.registered();
    expect(node()).toMatchObject({
      metadata: { labels: { 'kubernetes.io/hostname': 'n', 'kubernetes.io/os': 'linux' } },
      spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] },
      status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }, { type: 'Hostname', address: 'n' }], capacity: { pods: '110' }, nodeInfo: { kubeletVersion: 'v1.35.0', containerRuntimeVersion: 'fake://1' } },
    });
    expect(node()?.status.conditions?.find((c) => c.type === 'Ready')?.status).toBe('True');
    expect(lease()?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Node', name: 'n', uid: node()?.metadata.uid });
  });

  test('renews its lease every ten seconds, its status every five minutes', async () => {
    agent.start();
    await pass(5_000);
    const first = lease()?.spec.renewTime;
    client.clearCalls();
    await pass(60_000);
    expect(lease()?.spec.renewTime).not.toBe(first);
    expect(writes('leases')).toBe(6);
    expect(writes('nodes/status')).toBe(0);
    await pass(300_000);
    expect(writes('nodes/status')).toBe(1);
  });

  test('keeps labels and ranges that others gave it', async () => {
    client.seed<Node>(resources.nodes, { metadata: { name: 'n', labels: { disk: 'ssd' } }, spec: { podCIDR: '10.9.0.0/24', unschedulable: true }, status: {} as Node['status'] });
    agent.start();
    await pass(1_000);
    expect(node()).toMatchObject({ metadata: { labels: { disk: 'ssd', 'kubernetes.io/hostname': 'n' } }, spec: { podCIDR: '10.9.0.0/24', unschedulable: true } });
  });

  test('comes back when it was deleted, and when it was declared unready', async () => {
    agent.start();
    await pass(2_000);
    client.remove(resources.nodes, '', 'n');
    await pass(21_000);
    expect(node()).toBeDefined();
    const conditions = node()?.status.conditions?.map((c) => (c.type === 'Ready' ? { ...c, status: 'Unknown' } : c)) ?? [];
    await client.patch(resources.nodes, '', 'n', 'strategic', { status: { conditions } }, { subresource: 'status' });
    await pass(11_000);
    expect(node()?.status.conditions?.find((c) => c.type === 'Ready')?.status).toBe('True');
  });

  test('tells what begins: its start, its state, and that somebody cordons it; under its name, where kubectl looks', async () => {
    agent.start();
    await pass(1_000);
    const is = (reason: string): string => `n Normal ${reason} Node n status is now: ${reason}`;
    expect(told).toEqual(['n Normal Starting Starting kubelet.', is('NodeHasSufficientMemory'), is('NodeHasNoDiskPressure'), is('NodeHasSufficientPID'), is('NodeReady')]);
    told.length = 0;
    await client.patch(resources.nodes, '', 'n', 'strategic', { spec: { unschedulable: true } });
    await pass(11_000);
    await client.patch(resources.nodes, '', 'n', 'strategic', { spec: { unschedulable: false } });
    const conditions = node()?.status.conditions?.map((c) => (c.type === 'Ready' ? { ...c, status: 'Unknown' } : c)) ?? [];
    await client.patch(resources.nodes, '', 'n', 'strategic', { status: { conditions } }, { subresource: 'status' });
    await pass(22_000);
    expect(told).toEqual([is('NodeNotSchedulable'), is('NodeSchedulable'), is('NodeReady')]);
  });

  test('goes on after the apiserver was away', async () => {
    down = true;
    agent.start();
    await pass(5_000);
    expect(node()).toBeUndefined();
    down = false;
    await pass(2_000);
    expect(node()).toBeDefined();
    down = true;
    await pass(60_000);
    const before = lease()?.spec.renewTime;
    down = false;
    await pass(11_000);
    expect(lease()?.spec.renewTime).not.toBe(before);
  });
});
