import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, resources } from '@rhythm/api';
import { seededRandom, silentLog, VirtualClock, type Clock } from '@rhythm/base';
import { fakeApiClient, type FakeApiClient, type FakeCall } from '@rhythm/client/fake';
import { runLeaderElection, type LeaderElection } from './leader-election.ts';

const started: LeaderElection[] = [];
let shared: VirtualClock;
afterEach(async () => {
  const stopping = Promise.all(started.splice(0).map((one) => one.stop()));
  await shared.advance(60_000);
  await stopping;
});

function setUp(before?: (call: FakeCall) => void | Promise<void>) {
  const clock = new VirtualClock();
  shared = clock;
  return { clock, client: fakeApiClient({ clock, ...(before === undefined ? {} : { before }) }), history: [] as string[] };
}

function candidate(client: FakeApiClient, clock: Clock, history: string[], identity: string): LeaderElection {
  const one = runLeaderElection({
    client,
    name: 'test',
    identity,
    clock,
    log: silentLog,
    random: seededRandom(identity.length),
    onStarted: (signal) => {
      history.push(`${identity} starts`);
      signal.addEventListener('abort', () => history.push(`${identity} ends`));
    },
  });
  started.push(one);
  return one;
}

const holder = (client: FakeApiClient) => client.peek(resources.leases, 'kube-system', 'test')?.spec.holderIdentity;

describe('leader election', () => {
  test('one of two leads and keeps leading', async () => {
    const { clock, client, history } = setUp();
    candidate(client, clock, history, 'a');
    await clock.advance(0);
    candidate(client, clock, history, 'b');
    await clock.advance(120_000);
    expect(history).toEqual(['a starts']);
    const lease = client.peek(resources.leases, 'kube-system', 'test');
    expect(lease?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(lease?.spec.renewTime).toMatch(/\.\d{6}Z$/);
  });

  test('a dead leader is followed as soon as its lease has expired, not before', async () => {
    let aDead = false;
    const { clock, client, history } = setUp();
    const dying = fakeApiClient({ clock });
    // `a` speaks to the same lease through a client that hangs once it is dead.
    const wrapped = new Proxy(client, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (aDead ? new Promise(() => undefined) : (value as (...a: unknown[]) => unknown).apply(target, args));
      },
    });
    expect(dying.watchCount).toBe(0);
    candidate(wrapped, clock, history, 'a');
    await clock.advance(0);
    candidate(client, clock, history, 'bb');
    await clock.advance(30_000);
    aDead = true;
    const renewed = client.peek(resources.leases, 'kube-system', 'test')?.spec.renewTime ?? '';
    await clock.advance(12_000);
    // It stopped by itself before another may start.
    expect(history).toEqual(['a starts', 'a ends']);
    await clock.advance(6_000);
    expect(history).toEqual(['a starts', 'a ends', 'bb starts']);
    expect(holder(client)).toBe('bb');
    expect(client.peek(resources.leases, 'kube-system', 'test')?.spec.leaseTransitions).toBe(1);
    expect(renewed).not.toBe('');
  });

  test('a clean stop releases the lease, and the next takes it at its next look', async () => {
    const { clock, client, history } = setUp();
    const a = candidate(client, clock, history, 'a');
    await clock.advance(0);
    candidate(client, clock, history, 'b');
    await clock.advance(10_000);
    const stopping = a.stop();
    await clock.advance(0);
    await stopping;
    expect(holder(client)).toBe('');
    await clock.advance(2_500);
    expect(history).toEqual(['a starts', 'a ends', 'b starts']);
  });

  test('a leader under the same identity takes its own lease back at once', async () => {
    const { clock, client, history } = setUp();
    client.seed(resources.leases, { metadata: { name: 'test', namespace: 'kube-system' }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 3 } });
    candidate(client, clock, history, 'a');
    await clock.advance(0);
    expect(history).toEqual(['a starts']);
    expect(client.peek(resources.leases, 'kube-system', 'test')?.spec.leaseTransitions).toBe(3);
  });

  test('a short outage changes nothing; a long one ends leadership, and it is taken again', async () => {
    let down = false;
    const { clock, client, history } = setUp(() => {
      if (down) throw new ApiError('ServiceUnavailable', 'down');
    });
    candidate(client, clock, history, 'a');
    await clock.advance(10_000);
    down = true;
    await clock.advance(7_000);
    down = false;
    await clock.advance(10_000);
    expect(history).toEqual(['a starts']);
    down = true;
    await clock.advance(13_000);
    expect(history).toEqual(['a starts', 'a ends']);
    down = false;
    await clock.advance(5_000);
    expect(history).toEqual(['a starts', 'a ends', 'a starts']);
  });

  test('a lease taken by force ends leadership at the next renewal', async () => {
    const { clock, client, history } = setUp();
    candidate(client, clock, history, 'a');
    await clock.advance(5_000);
    await client.patch(resources.leases, 'kube-system', 'test', 'merge', { spec: { holderIdentity: 'thief' } });
    await clock.advance(2_100);
    expect(history).toEqual(['a starts', 'a ends']);
  });

  test('a jump of the wall clock neither ends leadership nor gives the lease away', async () => {
    const { clock, client, history } = setUp();
    let jumpMs = 0;
    const jumping: Clock = {
      now: () => clock.now() + jumpMs,
      monotonic: () => clock.monotonic(),
      setTimer: (ms, callback) => clock.setTimer(ms, callback),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    candidate(client, jumping, history, 'a');
    await clock.advance(0);
    candidate(client, jumping, history, 'b');
    for (const jump of [3_600_000, -7_200_000, 0]) {
      await clock.advance(20_000);
      jumpMs = jump;
    }
    await clock.advance(20_000);
    expect(history).toEqual(['a starts']);
  });

  test('of two that reach for the same free lease only one leads', async () => {
    const { clock, client, history } = setUp();
    for (const identity of ['a', 'bb', 'ccc']) candidate(client, clock, history, identity);
    await clock.advance(20_000);
    expect(history).toHaveLength(1);
  });
});
