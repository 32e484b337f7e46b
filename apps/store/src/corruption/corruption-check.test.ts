import { silentLog, VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { checkAtStart, checkPeriodically, differingMembers, type CheckedGroup, type HistoryHash } from './corruption-check.ts';

const same: HistoryHash = { hash: 1, revision: 9, compactRevision: 3 };

function group(answers: ReadonlyMap<bigint, HistoryHash | Error>): CheckedGroup & { leads: boolean; readonly raised: bigint[] } {
  const raised: bigint[] = [];
  return {
    leads: true,
    raised,
    isLeader() {
      return this.leads;
    },
    others: () => [...answers.keys()],
    own: async () => same,
    ask: async (member, revision) => {
      expect(revision).toBe(9);
      const answer = answers.get(member);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nobody');
      return answer;
    },
    raise: async (member) => void raised.push(member),
  };
}

test('only hashes of the same history are compared', async () => {
  const answers = new Map<bigint, HistoryHash | Error>([
    [1n, same],
    [2n, { ...same, hash: 2 }],
    [3n, { ...same, hash: 3, compactRevision: 5 }],
    [4n, new Error('unreachable')],
  ]);
  expect(await differingMembers(group(answers), silentLog)).toEqual([2n]);
  await expect(checkAtStart(group(answers), silentLog)).rejects.toThrow('the state differs from that of 2:');
  answers.delete(2n);
  await checkAtStart(group(answers), silentLog);
  await checkAtStart(group(new Map()), silentLog);
});

test('the leader compares at intervals and raises the alarm of whoever differs', async () => {
  const clock = new VirtualClock(0);
  const answers = new Map<bigint, HistoryHash | Error>([[2n, same]]);
  const checked = group(answers);
  const running = checkPeriodically(checked, 1000, clock, silentLog);
  await clock.advance(3000);
  expect(checked.raised).toEqual([]);
  answers.set(2n, { ...same, hash: 2 });
  checked.leads = false;
  await clock.advance(3000);
  expect(checked.raised).toEqual([]);
  checked.leads = true;
  await clock.advance(1000);
  expect(checked.raised).toEqual([2n]);
  running.stop();
  await clock.advance(5000);
  expect(checked.raised).toEqual([2n]);
  const never = group(answers);
  checkPeriodically(never, 0, clock, silentLog);
  await clock.advance(100_000);
  expect(never.raised).toEqual([]);
});
