import { expect, test } from 'vitest';
import { Leases } from '@rhythm/mvcc';
import type { RequestOp, TxnRequest } from '@rhythm/proto/etcd';
import type { Caller } from '@rhythm/proto/store';
import { AccessRules, internalCaller } from './access.ts';
import { AuthError } from './errors.ts';
import { bytes, TestMachine } from './test-machine.ts';

function setup() {
  const test = new TestMachine();
  test.addRole('reader', [0, 'r/', 'r0']);
  test.addRole('writer', [1, 'w/', 'w0']);
  test.addRole('both', [2, 'b/', 'b0']);
  test.addUser('alice', 'reader', 'writer', 'both');
  test.enable();
  const leases = new Leases();
  leases.grant(1n, 10n);
  leases.attach('w/1', 1n);
  leases.grant(2n, 10n);
  leases.attach('w/2', 2n);
  leases.attach('secret', 2n);
  const rules = new AccessRules(test.machine, leases);
  const caller = (user: string): Caller => ({ user, authRevision: BigInt(test.machine.revision), internal: false });
  return { test, rules, caller, alice: caller('alice'), root: caller('root') };
}

const outcome = (check: () => void): string => {
  try {
    check();
    return 'yes';
  } catch (error) {
    if (error instanceof AuthError) return error.kind;
    throw error;
  }
};

const range = (key: string, end = '') => ({ key: bytes(key), rangeEnd: bytes(end) });
const put = (key: string, more: { readonly lease?: bigint; readonly prevKv?: boolean } = {}) => ({
  key: bytes(key), value: bytes(''), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false, ...more,
});
const txn = (success: RequestOp[], compare: string[] = [], failure: RequestOp[] = []): TxnRequest => ({
  compare: compare.map((key) => ({ result: 0, target: 0, targetUnion: undefined, ...range(key) })), success, failure,
});
const putOp = (...args: Parameters<typeof put>): RequestOp => ({ request: { $case: 'requestPut', value: put(...args) } });

test('nobody and strangers may nothing, root everything, and nothing is asked while it is off', () => {
  const { test, rules, caller, root } = setup();
  expect(outcome(() => rules.range(undefined, range('r/1')))).toBe('UserEmpty');
  expect(outcome(() => rules.range(caller('stranger'), range('r/1')))).toBe('PermissionDenied');
  expect(outcome(() => rules.range(root, range('\0', '\0')))).toBe('yes');
  expect(outcome(() => rules.admin(undefined))).toBe('UserEmpty');
  expect(outcome(() => rules.admin(caller('stranger')))).toBe('UserNotFound');
  test.do({ $case: 'disable', value: {} });
  expect(outcome(() => rules.range(undefined, range('\0', '\0')))).toBe('yes');
  expect(outcome(() => rules.admin(undefined))).toBe('yes');
  expect(outcome(() => rules.command(undefined, { $case: 'put', value: put('x') }))).toBe('yes');
});

test('permissions of all roles together, no further', () => {
  const { rules, alice } = setup();
  expect(outcome(() => rules.range(alice, range('r/', 'r0')))).toBe('yes');
  expect(outcome(() => rules.range(alice, range('r/', 'r1')))).toBe('PermissionDenied');
  // One key granted is not all from that key on.
  expect(outcome(() => rules.range(alice, range('r/', '\0')))).toBe('PermissionDenied');
  expect(outcome(() => rules.range(alice, range('w/1')))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(alice, { $case: 'put', value: put('w/1') }))).toBe('yes');
  expect(outcome(() => rules.command(alice, { $case: 'put', value: put('w/1', { prevKv: true }) }))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(alice, { $case: 'put', value: put('b/1', { prevKv: true }) }))).toBe('yes');
  expect(outcome(() => rules.command(alice, { $case: 'put', value: put('r/1') }))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(alice, { $case: 'deleteRange', value: { ...range('w/', 'w0'), prevKv: false } }))).toBe('yes');
  expect(outcome(() => rules.command(alice, { $case: 'deleteRange', value: { ...range('w/', 'w0'), prevKv: true } }))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(alice, { $case: 'deleteRange', value: { ...range('w/', '\0'), prevKv: false } }))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(alice, { $case: 'compaction', value: { revision: 1n, physical: false } }))).toBe('PermissionDenied');
});

test('both sides of a transaction and of those within it count', () => {
  const { rules, alice } = setup();
  const check = (request: TxnRequest): string => outcome(() => rules.command(alice, { $case: 'txn', value: request }));
  const nested = (request: TxnRequest): RequestOp => ({ request: { $case: 'requestTxn', value: request } });
  expect(check(txn([putOp('w/1')], ['r/1']))).toBe('yes');
  expect(check(txn([putOp('w/1')], ['w/1']))).toBe('PermissionDenied');
  expect(check(txn([], [], [putOp('secret')]))).toBe('PermissionDenied');
  expect(check(txn([nested(txn([putOp('w/1')]))]))).toBe('yes');
  expect(check(txn([nested(txn([], [], [nested(txn([putOp('secret')]))]))]))).toBe('PermissionDenied');
  expect(check(txn([nested(txn([putOp('w/1', { prevKv: true })]))]))).toBe('PermissionDenied');
  expect(check(txn([nested(txn([putOp('w/1', { lease: 2n })]))]))).toBe('PermissionDenied');
  expect(check(txn([{ request: { $case: 'requestDeleteRange', value: { ...range('w/1'), prevKv: true } } }]))).toBe('PermissionDenied');
});

test('a lease belongs to who may write all its keys', () => {
  const { rules, alice, root } = setup();
  expect(outcome(() => rules.command(alice, { $case: 'leaseGrant', value: { ID: 3n, TTL: 1n } }))).toBe('yes');
  expect(outcome(() => rules.command(undefined, { $case: 'leaseGrant', value: { ID: 3n, TTL: 1n } }))).toBe('UserEmpty');
  expect(outcome(() => rules.command(alice, { $case: 'leaseRevoke', value: { ID: 1n } }))).toBe('yes');
  expect(outcome(() => rules.command(alice, { $case: 'leaseRevoke', value: { ID: 2n } }))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(undefined, { $case: 'leaseRevoke', value: { ID: 99n } }))).toBe('UserEmpty');
  expect(outcome(() => rules.command(root, { $case: 'leaseRevoke', value: { ID: 2n } }))).toBe('yes');
  expect(outcome(() => rules.command(alice, { $case: 'put', value: put('w/3', { lease: 1n }) }))).toBe('yes');
  expect(outcome(() => rules.command(alice, { $case: 'put', value: put('w/3', { lease: 2n }) }))).toBe('PermissionDenied');
  expect(outcome(() => rules.leaseRead(alice, 1n))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(internalCaller, { $case: 'leaseRevoke', value: { ID: 2n } }))).toBe('yes');
});

test('what was allowed before a change counts no more', () => {
  const { test, rules, alice } = setup();
  test.do({ $case: 'roleRevokePermission', value: { role: 'reader', ...range('r/', 'r0') } });
  expect(outcome(() => rules.range(alice, range('r/1')))).toBe('AuthOldRevision');
  expect(outcome(() => rules.range({ ...alice, authRevision: BigInt(test.machine.revision) }, range('r/1')))).toBe('PermissionDenied');
});

test('only root manages users and roles; others see themselves and their roles', () => {
  const { rules, alice, root } = setup();
  const change = { $case: 'auth', value: { change: { $case: 'userAdd', value: { name: 'x', password: '', options: undefined, hashedPassword: '' } } } } as const;
  expect(outcome(() => rules.command(alice, change))).toBe('PermissionDenied');
  expect(outcome(() => rules.command(undefined, change))).toBe('UserEmpty');
  expect(outcome(() => rules.command(root, change))).toBe('yes');
  expect(outcome(() => rules.userGet(alice, 'alice'))).toBe('yes');
  expect(outcome(() => rules.userGet(alice, 'root'))).toBe('PermissionDenied');
  expect(outcome(() => rules.roleGet(alice, 'reader'))).toBe('yes');
  expect(outcome(() => rules.roleGet(alice, 'root'))).toBe('PermissionDenied');
});
