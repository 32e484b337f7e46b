import { afterAll, beforeAll, expect, test } from 'vitest';
import { bidi, serverStream, unary } from '@rhythm/grpc';
import { KVService, LeaseService } from '@rhythm/proto/etcd';
import { ElectionService, type LeaderResponse } from '@rhythm/proto/etcd/election';
import { LockService } from '@rhythm/proto/etcd/lock';
import { bytes, outcome, plain, plainRange, startBoth, stepOf, type Both, type Step } from './both.ts';

/** Locks, elections and keep-alives on Debian's etcd-server and on ours. */
let both: Both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(() => both.close());

/** etcd gives its own errors the code UNKNOWN here, as they come through a client of its own; ours keep theirs. */
const withoutCode = (answer = ''): string => answer.replace(/^error \d+/, 'error');

async function expectAlike(...steps: readonly Step[]): Promise<string[]> {
  const answers: string[] = [];
  for (const step of steps) {
    const [theirs = '', ours] = await Promise.all(both.clients.map((client) => outcome(client, step)));
    expect(`${step.name}: ${withoutCode(ours)}`).toBe(`${step.name}: ${withoutCode(theirs)}`);
    answers.push(theirs);
  }
  return answers;
}

const grant = (ID: bigint) => stepOf('grant', LeaseService.leaseGrant, { ID, TTL: 1000n });
const revoke = (ID: bigint) => stepOf('revoke', LeaseService.leaseRevoke, { ID });

/** Whoever waits has its key at both: what comes next comes after it. */
async function inLine(key: string): Promise<void> {
  const isThere = async (client: Both['clients'][number]): Promise<boolean> => (await unary(client, KVService.range, { ...plainRange, key: bytes(key) })).kvs.length > 0;
  await Promise.all(both.clients.map(async (client) => {
    while (!(await isThere(client)));
  }));
}

test('locks', async () => {
  const lock = (lease: bigint) => stepOf('lock', LockService.lock, { name: bytes('L'), lease });
  const answers = await expectAlike(grant(16n), grant(17n), lock(16n), lock(16n), lock(99n), stepOf('unlock', LockService.unlock, { key: bytes('none') }));
  expect(answers[2]).toContain('"key":"L/10"');
  const waiting = expectAlike(lock(17n));
  await inLine('L/11');
  await expectAlike(stepOf('unlock', LockService.unlock, { key: bytes('L/10') }));
  await waiting;
  await expectAlike(revoke(17n), lock(16n), revoke(16n));
});

test('elections', async () => {
  const campaign = (lease: bigint, value: string) => stepOf('campaign', ElectionService.campaign, { name: bytes('E'), lease, value: bytes(value) });
  const leader = stepOf('leader', ElectionService.leader, { name: bytes('E') });
  const first = await expectAlike(leader, grant(32n), grant(33n), campaign(32n, 'one'), leader, campaign(32n, 'two'), leader, campaign(99n, 'x'));
  const { leader: key } = JSON.parse(first[3] ?? '') as { leader: { rev: number } };
  const held = { name: bytes('E'), key: bytes('E/20'), rev: BigInt(key.rev), lease: 32n };
  const proclaim = (rev: bigint) => stepOf('proclaim', ElectionService.proclaim, { leader: { ...held, rev }, value: bytes('three') });
  await expectAlike(
    proclaim(held.rev),
    proclaim(1n),
    stepOf('proclaim nothing', ElectionService.proclaim, { leader: undefined, value: bytes('') }),
    stepOf('resign nothing', ElectionService.resign, { leader: undefined }),
    stepOf('resign late', ElectionService.resign, { leader: { ...held, rev: 1n } }),
    leader,
  );
  const observers = both.clients.map((client) => serverStream(client, ElectionService.observe, { name: bytes('E') })[Symbol.asyncIterator]());
  await expectSame(observers);
  const next = expectAlike(campaign(33n, 'four'));
  await inLine('E/21');
  await expectAlike(stepOf('resign', ElectionService.resign, { leader: held }));
  await next;
  await expectSame(observers);
  await expectAlike(leader, revoke(33n), leader);
  for (const observer of observers) await observer.return?.();
});

test('keep-alives', async () => {
  await expectAlike(grant(48n));
  const [theirs, ours] = await Promise.all(
    both.clients.map(async (client) => {
      const call = bidi(client, LeaseService.leaseKeepAlive);
      const answers: string[] = [];
      for (const ID of [48n, 999n, 48n]) await call.write({ ID });
      for await (const answer of call.messages) if (answers.push(plain({ ...answer, TTL: Number(answer.TTL) })) === 3) break;
      return answers;
    }),
  );
  expect(ours).toEqual(theirs);
  for (const client of both.clients) await unary(client, LeaseService.leaseRevoke, { ID: 48n });
});

/** Both see the same leader next. */
async function expectSame(observers: ReadonlyArray<AsyncIterator<LeaderResponse>>): Promise<void> {
  const [theirs, ours] = await Promise.all(observers.map(async (observer) => plain(((await observer.next()).value as LeaderResponse).kv)));
  expect(ours).toBe(theirs);
}
