import { memorySpace } from '@rhythm/disk';
import type { RequestOp } from '@rhythm/proto/etcd';
import { expect, test } from 'vitest';
import type { ApplyContext, StoreCommand } from '../host/machine.ts';
import { costBytes } from './cost.ts';
import { AlarmMachine, alarmTypes, type AlarmType } from './machine.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const put = (key: string, value: string) => ({ key: bytes(key), value: bytes(value), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false });
const putOp = (key: string, value: string): RequestOp => ({ request: { $case: 'requestPut', value: put(key, value) } });
const deleteOp = (key: string): RequestOp => ({ request: { $case: 'requestDeleteRange', value: { key: bytes(key), rangeEnd: bytes(''), prevKv: false } } });
const txn = (success: RequestOp[], failure: RequestOp[] = []): StoreCommand => ({ $case: 'txn', value: { compare: [], success, failure } });
const nested = (success: RequestOp[]): RequestOp => ({ request: { $case: 'requestTxn', value: { compare: [], success, failure: [] } } });
const context: ApplyContext = { reader: { get: () => undefined }, at: { index: 1, term: 1 }, revision: 5, caller: undefined };
const alarm = (action: 0 | 1 | 2, memberID: bigint, type: AlarmType): StoreCommand => ({ $case: 'alarm', value: { action, memberID, alarm: type } });

const writing: readonly StoreCommand[] = [
  { $case: 'put', value: put('k', 'v') },
  txn([putOp('k', 'v')]),
  txn([deleteOp('k')], [putOp('k', 'v')]),
  txn([nested([putOp('k', 'v')])]),
  { $case: 'leaseGrant', value: { ID: 1n, TTL: 10n } },
];
const freeing: readonly StoreCommand[] = [
  { $case: 'deleteRange', value: { key: bytes('k'), rangeEnd: bytes(''), prevKv: false } },
  txn([deleteOp('k')]),
  { $case: 'compaction', value: { revision: 3n, physical: false } },
  { $case: 'leaseRevoke', value: { ID: 1n } },
];

test('without space, what takes some is refused, and what makes some is not', () => {
  const machine = new AlarmMachine();
  for (const command of [...writing, ...freeing]) expect(machine.refuses(command)).toBeUndefined();
  machine.apply(alarm(1, 7n, alarmTypes.noSpace), context);
  for (const command of writing) expect(machine.refuses(command)?.kind, command.$case).toBe('NoSpace');
  for (const command of [...freeing, alarm(2, 7n, alarmTypes.noSpace)]) expect(machine.refuses(command)).toBeUndefined();
  machine.apply(alarm(2, 7n, alarmTypes.noSpace), context);
  for (const command of writing) expect(machine.refuses(command)).toBeUndefined();
});

test('a state that is not to be trusted is not changed', () => {
  const machine = new AlarmMachine();
  machine.apply(alarm(1, 7n, alarmTypes.corrupt), context);
  for (const command of [...writing, ...freeing]) expect(machine.refuses(command)?.kind, command.$case).toBe('Corrupt');
  expect(machine.refuses(alarm(2, 7n, alarmTypes.corrupt))).toBeUndefined();
});

test('alarms are of a member and a kind, are answered as etcd does, and come back from the disk', async () => {
  const machine = new AlarmMachine();
  const space = memorySpace();
  const apply = async (command: StoreCommand): Promise<unknown> => {
    const { reply, writes } = machine.apply(command, context);
    await space.batch(writes, true);
    return reply;
  };
  const [a, b] = [{ memberID: 1n, alarm: alarmTypes.noSpace }, { memberID: 2n, alarm: alarmTypes.corrupt }];
  expect(await apply(alarm(1, 1n, alarmTypes.noSpace))).toEqual({ $case: 'alarm', revision: 5, alarms: [a] });
  await apply(alarm(1, 1n, alarmTypes.noSpace));
  await apply(alarm(1, 2n, alarmTypes.corrupt));
  expect(await apply(alarm(1, 3n, alarmTypes.none))).toMatchObject({ alarms: [] });
  expect(machine.list()).toEqual([a, b]);
  expect(machine.list(alarmTypes.corrupt)).toEqual([b]);
  expect(await apply(alarm(2, 9n, alarmTypes.noSpace))).toMatchObject({ alarms: [] });
  const restored = new AlarmMachine();
  await restored.restore(space);
  expect(restored.list()).toEqual([a, b]);
  expect(await apply(alarm(2, 1n, alarmTypes.noSpace))).toMatchObject({ alarms: [a] });
  const later = new AlarmMachine();
  await later.restore(space);
  expect(later.list()).toEqual([b]);
});

test('costs are those of etcd', () => {
  expect(costBytes({ $case: 'put', value: put('key', 'value') })).toBe(256 + 8);
  expect(costBytes(txn([putOp('a', 'b'), putOp('c', 'd')], [putOp('a', 'b'.repeat(1000))]))).toBe(256 + 1001);
  expect(costBytes(txn([nested([putOp('a', 'b')]), deleteOp('x')]))).toBe(258);
  expect(costBytes({ $case: 'leaseGrant', value: { ID: 1n, TTL: 1n } })).toBe(64);
});
