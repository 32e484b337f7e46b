import { describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import type { Pod } from '@rhythm/api/types/core-v1';
import { logTo, seededRandom, VirtualClock } from '@rhythm/base';
import { fakeApiClient, type FakeCall } from '@rhythm/client/fake';
import { eventRecorder } from './event-recorder.ts';

function setUp(before?: (call: FakeCall) => void | Promise<void>) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const client = fakeApiClient({ clock, ...(before === undefined ? {} : { before }) });
  const recorder = eventRecorder(client, { component: 'tester', host: 'node-1', clock, log: logTo((level, message) => lines.push(`${level} ${message}`)), random: seededRandom(3) });
  const pod = client.seed(resources.pods, { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [] } } as unknown as Pod);
  client.clearCalls();
  return { clock, client, recorder, pod, lines };
}

/** Lets a long chain of promises run through. */
async function settle(clock: VirtualClock): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) await clock.advance(0);
}

describe('event recorder', () => {
  test('writes an event about an object', async () => {
    const { clock, client, recorder, pod } = setUp();
    recorder.event(pod, 'Warning', 'FailedScheduling', '0/1 nodes are available');
    await clock.advance(0);
    const [event] = client.all(resources.events);
    expect(event).toMatchObject({
      involvedObject: { kind: 'Pod', apiVersion: 'v1', name: 'p', namespace: 'default', uid: pod.metadata.uid },
      type: 'Warning',
      reason: 'FailedScheduling',
      message: '0/1 nodes are available',
      source: { component: 'tester', host: 'node-1' },
      reportingComponent: 'tester',
      reportingInstance: 'node-1',
      count: 1,
    });
    expect(event?.metadata.name).toMatch(/^p\.[0-9a-f]{12,16}$/);
    expect(event?.firstTimestamp).toBe(event?.lastTimestamp);
  });

  test('counts a repeated one by patch', async () => {
    const { clock, client, recorder, pod } = setUp();
    for (let i = 0; i < 3; i++) {
      recorder.event(pod, 'Normal', 'Pulled', 'image is there');
      await clock.advance(2_000);
    }
    recorder.event(pod, 'Normal', 'Pulled', 'another image is there');
    await clock.advance(0);
    const events = client.all(resources.events);
    expect(events.map((e) => e.count ?? 0).toSorted((a, b) => a - b)).toEqual([1, 3]);
    const counted = events.find((e) => e.count === 3);
    expect(counted?.lastTimestamp).not.toBe(counted?.firstTimestamp);
    expect(client.writes().map((w) => w.split(' ')[0])).toEqual(['create', 'patch', 'patch', 'create']);
  });

  test('begins anew when the counted event has expired on the server', async () => {
    const { clock, client, recorder, pod } = setUp();
    recorder.event(pod, 'Normal', 'Pulled', 'x');
    await clock.advance(0);
    client.remove(resources.events, 'default', client.all(resources.events)[0]?.metadata.name ?? '');
    recorder.event(pod, 'Normal', 'Pulled', 'x');
    await clock.advance(0);
    expect(client.all(resources.events).map((e) => e.count)).toEqual([1]);
  });

  test('events about cluster-scoped objects stand in default', async () => {
    const { clock, client, recorder } = setUp();
    recorder.event({ kind: 'Node', apiVersion: 'v1', metadata: { name: 'n' } }, 'Normal', 'Starting', '');
    await clock.advance(0);
    expect(client.all(resources.events, 'default')).toHaveLength(1);
  });

  test('one object cannot flood: a burst, then one each five minutes', async () => {
    const { clock, client, recorder, pod } = setUp();
    for (let i = 0; i < 100; i++) recorder.event(pod, 'Warning', 'BackOff', `try ${i}`);
    await settle(clock);
    expect(client.all(resources.events)).toHaveLength(25);
    await clock.advance(300_000);
    for (let i = 0; i < 100; i++) recorder.event(pod, 'Warning', 'BackOff', `again ${i}`);
    await clock.advance(0);
    expect(client.all(resources.events)).toHaveLength(26);
  });

  test('retries while the server is away, and a full queue drops with one line in the log', async () => {
    let down = true;
    const { clock, client, recorder, lines } = setUp(() => {
      if (down) throw new ApiError('ServiceUnavailable', 'down');
    });
    for (let i = 0; i < 1_500; i++) recorder.event({ kind: 'Pod', apiVersion: 'v1', metadata: { name: `p${i}`, namespace: 'default' } }, 'Normal', 'R', 'm');
    await clock.advance(100);
    down = false;
    await clock.advance(10_000);
    await settle(clock);
    const count = client.all(resources.events).length;
    expect(count).toBeGreaterThanOrEqual(1_000);
    expect(count).toBeLessThan(1_010);
    expect(lines.filter((line) => line.includes('dropped'))).toHaveLength(1);
  });

  test('never throws: an object without kind, a refusal', async () => {
    const { clock, recorder, pod, lines } = setUp(() => {
      throw new ApiError('Invalid', 'no');
    });
    recorder.event({ metadata: { name: 'x' } }, 'Normal', 'R', 'm');
    recorder.event(pod, 'Normal', 'R', 'm');
    await clock.advance(0);
    expect(lines).toEqual(['error an event about an object without kind, version or name', 'warn an event could not be written']);
  });

  test('stop writes what is queued, but does not wait for ever', async () => {
    let hang = false;
    const { clock, client, recorder, pod } = setUp(() => (hang ? clock.sleep(1e9) : undefined));
    for (let i = 0; i < 5; i++) recorder.event(pod, 'Normal', 'R', `m${i}`);
    const stopping = recorder.stop();
    await clock.advance(0);
    await stopping;
    expect(client.all(resources.events)).toHaveLength(5);
    hang = true;
  });
});
