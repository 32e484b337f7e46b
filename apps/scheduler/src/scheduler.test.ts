import { ApiError, resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient, type FakeApiClient, type FakeCall } from '@rhythm/client/fake';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { start } from './index.ts';
import { aNode, aPod } from './testing.ts';

let clock: VirtualClock;
let client: FakeApiClient;
let scheduler: { stop(): Promise<void> };
/** What the next bindings are answered with. */
let refusals: Error[];

beforeEach(async () => {
  clock = new VirtualClock();
  refusals = [];
  const before = (call: FakeCall): void => {
    const refusal = call.subresource === 'binding' ? refusals.shift() : undefined;
    if (refusal !== undefined) throw refusal;
  };
  client = fakeApiClient({ clock, before });
  scheduler = start({ schedulerName: 'default-scheduler', identity: 'test' }, { client, clock, random: seededRandom(1), log: silentLog });
  await clock.advance(100);
});
afterEach(async () => {
  const stopped = scheduler.stop();
  await clock.advance(5_000);
  await stopped;
});

const node = (name: string, allocatable: Record<string, string> = {}): unknown => client.seed(resources.nodes, { ...aNode(name, { allocatable }), kind: 'Node', apiVersion: 'v1' });
const pod = (name: string, options: Parameters<typeof aPod>[1] = {}): Pod => client.seed(resources.pods, { ...aPod(name, options), kind: 'Pod', apiVersion: 'v1' });
const where = (name: string): string => client.peek(resources.pods, 'default', name)?.spec.nodeName ?? '';
const reasons = (): string[] => client.all(resources.events, 'default').map((event) => event.reason ?? '').sort((a, b) => (a < b ? -1 : 1));

test('binds a pending pod and says so', async () => {
  node('n1');
  pod('a');
  await clock.advance(3_000);
  expect(where('a')).toBe('n1');
  expect(reasons()).toEqual(['Scheduled']);
});

test('leaves pods of other schedulers and gated pods alone', async () => {
  node('n1');
  pod('other', { spec: { schedulerName: 'mine' } });
  pod('gated', { spec: { schedulingGates: [{ name: 'example.org/wait' }] } });
  await clock.advance(3_000);
  expect([where('other'), where('gated')]).toEqual(['', '']);
});

test('says why a pod waits, and binds it once there is room', async () => {
  node('n1', { cpu: '1' });
  pod('big', { requests: { cpu: '2' } });
  await clock.advance(3_000);
  const condition = client.peek(resources.pods, 'default', 'big')?.status.conditions?.find((c) => c.type === 'PodScheduled');
  expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient cpu.' });
  expect(reasons()).toEqual(['FailedScheduling']);
  node('n2', { cpu: '4' });
  await clock.advance(5_000);
  expect(where('big')).toBe('n2');
});

test('room counts as taken while a binding is under way', async () => {
  node('n1', { pods: '2' });
  for (const name of ['a', 'b', 'c']) pod(name);
  await clock.advance(3_000);
  expect(['a', 'b', 'c'].filter((name) => where(name) === 'n1')).toHaveLength(2);
});

test('a binding that fails is tried again, and its room is free meanwhile', async () => {
  refusals.push(new ApiError('ServiceUnavailable', 'the connection broke'));
  node('n1', { pods: '1' });
  pod('a');
  await clock.advance(500);
  expect(where('a')).toBe('');
  await clock.advance(15_000);
  expect(where('a')).toBe('n1');
});

test('a finished or deleted pod makes room', async () => {
  node('n1', { pods: '1' });
  pod('a');
  await clock.advance(1_000);
  pod('b');
  await clock.advance(1_000);
  expect([where('a'), where('b')]).toEqual(['n1', '']);
  client.remove(resources.pods, 'default', 'a');
  await clock.advance(15_000);
  expect(where('b')).toBe('n1');
});
