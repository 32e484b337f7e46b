import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcError, serverStream, unary } from '@rhythm/grpc';
import { KVService, LeaseService } from '@rhythm/proto/etcd';
import { ElectionService, type LeaderKey } from '@rhythm/proto/etcd/election';
import { LockService } from '@rhythm/proto/etcd/lock';
import { testStore, type TestStore } from '../test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.stop());

const bytes = (text: string): Uint8Array => Buffer.from(text);
const lease = async (): Promise<bigint> => (await unary(store.client, LeaseService.leaseGrant, { ID: 0n, TTL: 60n })).ID;
const revoke = (ID: bigint) => unary(store.client, LeaseService.leaseRevoke, { ID });
const lock = (name: string, id: bigint, signal?: AbortSignal) => unary(store.client, LockService.lock, { name: bytes(name), lease: id }, signal === undefined ? {} : { signal });
const campaign = (name: string, id: bigint, value: string) => unary(store.client, ElectionService.campaign, { name: bytes(name), lease: id, value: bytes(value) });
const leaderOf = async (name: string) => String(Buffer.from((await unary(store.client, ElectionService.leader, { name: bytes(name) })).kv?.value ?? []));
const keysOf = async (prefix: string): Promise<string[]> => {
  const none = { limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: true, countOnly: false, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n } as const;
  return (await unary(store.client, KVService.range, { key: bytes(`${prefix}/`), rangeEnd: bytes(`${prefix}0`), ...none })).kvs.map(({ key }) => String(Buffer.from(key)));
};
/** Waits until somebody else waits too: its key is there. */
const untilKeys = async (prefix: string, count: number): Promise<void> => {
  while ((await keysOf(prefix)).length < count);
};
const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof GrpcError ? `${error.code} ${error.details}` : String(error);
  }
};

test('a lock goes from one to the next, in the order in which they came', async () => {
  const [one, two, three] = [await lease(), await lease(), await lease()];
  const first = await lock('a', one);
  expect(String(Buffer.from(first.key))).toBe(`a/${one.toString(16)}`);
  const order: string[] = [];
  const second = lock('a', two).then((held) => (order.push('two'), held));
  await untilKeys('a', 2);
  const third = lock('a', three).then((held) => (order.push('three'), held));
  await untilKeys('a', 3);
  // Whoever has it may ask again.
  expect((await lock('a', one)).key).toEqual(first.key);
  await unary(store.client, LockService.unlock, { key: first.key });
  await unary(store.client, LockService.unlock, { key: (await second).key });
  await third;
  expect(order).toEqual(['two', 'three']);
});

test('a lock ends with its lease, and one without a lease gets its own', async () => {
  const [one, two] = [await lease(), await lease()];
  await lock('b', one);
  const second = lock('b', two);
  await untilKeys('b', 2);
  await revoke(one);
  await second;
  await revoke(two);
  const own = await lock('b', 0n);
  const id = BigInt(`0x${String(Buffer.from(own.key)).slice(2)}`);
  expect((await unary(store.client, LeaseService.leaseTimeToLive, { ID: id, keys: true })).grantedTTL).toBe(60n);
  expect(await failure(lock('b', 12345n))).toBe('5 etcdserver: requested lease not found');
});

test('who does not wait any longer leaves the queue; who lost its lease is told', async () => {
  const [one, two, three] = [await lease(), await lease(), await lease()];
  await lock('c', one);
  const controller = new AbortController();
  const second = failure(lock('c', two, controller.signal));
  await untilKeys('c', 2);
  controller.abort();
  expect(await second).toContain('1 ');
  while ((await keysOf('c')).length > 1);
  const third = failure(lock('c', three));
  await untilKeys('c', 2);
  await revoke(three);
  await revoke(one);
  expect(await third).toBe('2 mutex: session is expired');
  expect(await keysOf('c')).toEqual([]);
});

test('leaders are elected one after the other, and observed', async () => {
  const [one, two] = [await lease(), await lease()];
  expect(await failure(leaderOf('e'))).toBe('2 election: no leader');
  const seen: string[] = [];
  const controller = new AbortController();
  let wake: () => void = () => undefined;
  const observing = (async () => {
    for await (const { kv } of serverStream(store.client, ElectionService.observe, { name: bytes('e') }, { signal: controller.signal })) {
      seen.push(String(Buffer.from(kv?.value ?? [])));
      wake();
    }
  })().catch(() => undefined);
  const untilSeen = async (value: string): Promise<void> => {
    while (seen.at(-1) !== value) await new Promise<void>((done) => (wake = done));
  };
  const first = (await campaign('e', one, 'first')).leader as LeaderKey;
  expect([String(Buffer.from(first.key)), first.lease]).toEqual([`e/${one.toString(16)}`, one]);
  await untilSeen('first');
  await unary(store.client, ElectionService.proclaim, { leader: first, value: bytes('still first') });
  await untilSeen('still first');
  const second = campaign('e', two, 'second');
  await untilKeys('e', 2);
  expect(await leaderOf('e')).toBe('still first');
  // Standing again with another proposal changes the proposal.
  expect((await campaign('e', one, 'first again')).leader?.rev).toBe(first.rev);
  await untilSeen('first again');
  await unary(store.client, ElectionService.resign, { leader: first });
  await second;
  await untilSeen('second');
  expect(await leaderOf('e')).toBe('second');
  expect(await failure(unary(store.client, ElectionService.proclaim, { leader: first, value: bytes('x') }))).toBe('2 election: not leader');
  expect(await failure(unary(store.client, ElectionService.proclaim, { leader: undefined, value: bytes('x') }))).toBe('2 "leader" field must be provided');
  expect(await failure(unary(store.client, ElectionService.resign, { leader: undefined }))).toBe('2 "leader" field must be provided');
  controller.abort();
  await observing;
});

test('a candidate whose lease ended while it waited does not lead', async () => {
  const [one, two] = [await lease(), await lease()];
  await campaign('f', one, 'first');
  const second = failure(campaign('f', two, 'second'));
  await untilKeys('f', 2);
  await revoke(two);
  await revoke(one);
  expect(await second).toBe('2 election: not leader');
});
