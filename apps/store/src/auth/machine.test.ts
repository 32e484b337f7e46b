import { expect, test } from 'vitest';
import { AuthMachine, type TokenKeeper } from './machine.ts';
import { bytes, TestMachine } from './test-machine.ts';

const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();

test('is turned on only with the user root that has the role root, and off again', () => {
  const test = new TestMachine();
  expect(test.do({ $case: 'enable', value: {} })).toBe('RootUserNotExist');
  test.addUser('root');
  expect(test.do({ $case: 'enable', value: {} })).toBe('RootRoleNotExist');
  expect(test.do({ $case: 'userGrantRole', value: { user: 'root', role: 'root' } })).toBeUndefined();
  expect(test.do({ $case: 'enable', value: {} })).toBeUndefined();
  expect(test.machine.enabled).toBe(true);
  const { revision } = test.machine;
  expect(test.do({ $case: 'enable', value: {} })).toBeUndefined();
  expect(test.machine.revision).toBe(revision);
  expect(test.do({ $case: 'userDelete', value: { name: 'root' } })).toBe('InvalidAuthMgmt');
  expect(test.do({ $case: 'userRevokeRole', value: { name: 'root', role: 'root' } })).toBe('InvalidAuthMgmt');
  expect(test.do({ $case: 'roleDelete', value: { role: 'root' } })).toBe('InvalidAuthMgmt');
  expect(test.do({ $case: 'disable', value: {} })).toBeUndefined();
  expect(test.machine.revision).toBe(revision + 1);
  expect(test.do({ $case: 'userDelete', value: { name: 'root' } })).toBeUndefined();
});

test('keeps users and roles by etcd rules, and counts every change', () => {
  const test = new TestMachine();
  expect(test.machine.revision).toBe(1);
  expect(test.do({ $case: 'userAdd', value: { name: '', password: '', options: undefined, hashedPassword: '' } })).toBe('UserEmpty');
  test.addUser('alice');
  expect(test.machine.revision).toBe(2);
  expect(test.do({ $case: 'userAdd', value: { name: 'alice', password: '', options: undefined, hashedPassword: '' } })).toBe('UserAlreadyExist');
  expect(test.do({ $case: 'userGrantRole', value: { user: 'alice', role: 'none' } })).toBe('RoleNotFound');
  expect(test.do({ $case: 'userGrantRole', value: { user: 'bob', role: 'none' } })).toBe('UserNotFound');
  expect(test.do({ $case: 'roleAdd', value: { name: '' } })).toBe('RoleEmpty');
  test.addRole('z');
  test.addRole('a');
  expect(test.do({ $case: 'roleAdd', value: { name: 'a' } })).toBe('RoleAlreadyExist');
  test.do({ $case: 'userGrantRole', value: { user: 'alice', role: 'z' } });
  test.do({ $case: 'userGrantRole', value: { user: 'alice', role: 'a' } });
  expect(test.machine.user('alice')?.roles).toEqual(['a', 'z']);
  const { revision } = test.machine;
  test.do({ $case: 'userGrantRole', value: { user: 'alice', role: 'a' } });
  expect(test.machine.revision).toBe(revision);
  expect(test.do({ $case: 'userRevokeRole', value: { name: 'alice', role: 'none' } })).toBe('RoleNotGranted');
  test.do({ $case: 'roleDelete', value: { role: 'z' } });
  expect(test.machine.user('alice')?.roles).toEqual(['a']);
  expect(test.machine.roleNames()).toEqual(['a']);
  expect(test.do({ $case: 'roleDelete', value: { role: 'z' } })).toBe('RoleNotFound');
  expect(test.do({ $case: 'userDelete', value: { name: 'bob' } })).toBe('UserNotFound');
});

test('grants and revokes permissions, sorted by key, one for each range', () => {
  const test = new TestMachine();
  test.addRole('r', [0, 'b'], [1, 'a', 'c'], [2, 'b']);
  expect(test.machine.role('r')?.permissions.map(({ permType, key, rangeEnd }) => [permType, text(key), text(rangeEnd)])).toEqual([
    [1, 'a', 'c'],
    [2, 'b', ''],
  ]);
  expect(test.do({ $case: 'roleGrantPermission', value: { name: 'r', perm: undefined } })).toBe('PermissionNotGiven');
  expect(test.do({ $case: 'roleGrantPermission', value: { name: 'none', perm: { permType: 0, key: bytes('a'), rangeEnd: bytes('') } } })).toBe('RoleNotFound');
  expect(test.do({ $case: 'roleGrantPermission', value: { name: 'r', perm: { permType: 0, key: bytes('b'), rangeEnd: bytes('a') } } })).toBe('InvalidAuthMgmt');
  expect(test.do({ $case: 'roleRevokePermission', value: { role: 'r', key: bytes('a'), rangeEnd: bytes('') } })).toBe('PermissionNotGranted');
  expect(test.do({ $case: 'roleRevokePermission', value: { role: 'r', key: bytes('a'), rangeEnd: bytes('c') } })).toBeUndefined();
  expect(test.machine.role('r')?.permissions.length).toBe(1);
});

test('is rebuilt from what it wrote, names like __proto__ included', () => {
  const test = new TestMachine();
  test.addRole('__proto__', [2, 'x', '\0']);
  test.addUser('constructor', '__proto__');
  test.addUser('gone');
  test.do({ $case: 'userDelete', value: { name: 'gone' } });
  test.do({ $case: 'userAdd', value: { name: 'certificate', password: '', options: { noPassword: true }, hashedPassword: '' } });
  test.enable();
  const again = new AuthMachine();
  for (const [key, value] of test.disk) again.restore(Buffer.from(key, 'latin1'), value);
  expect(again.enabled).toBe(true);
  expect(again.revision).toBe(test.machine.revision);
  expect(again.userNames()).toEqual(['certificate', 'constructor', 'root']);
  for (const name of again.userNames()) {
    const [restored, original] = [again.user(name), test.machine.user(name)];
    expect({ ...restored, password: text(restored?.password) }).toEqual({ ...original, password: text(original?.password) });
  }
  expect(again.grants.permits('constructor', 'write', bytes('y'), bytes('\0'))).toBe(true);
  expect(again.grants.permits('constructor', 'write', bytes('w'), bytes(''))).toBe(false);
});

test('hands out tokens for a password that is still the one checked, and takes them back', () => {
  const calls: string[] = [];
  const keeper: TokenKeeper = {
    assign: (digest, index, user) => calls.push(`assign ${String.fromCharCode(...digest)} ${index} ${user}`),
    forget: (user) => calls.push(`forget ${user}`),
    clear: () => calls.push('clear'),
  };
  const test = new TestMachine();
  test.machine.setTokens(keeper);
  const assign = (user: string, checked: number) =>
    test.do({ $case: 'assignToken', value: { user, digest: bytes('d'), checkedRevision: BigInt(checked) } });
  test.addUser('alice');
  expect(assign('alice', test.machine.revision)).toBe('AuthNotEnabled');
  test.enable();
  expect(assign('alice', test.machine.revision - 1)).toBe('AuthOldRevision');
  expect(assign('nobody', test.machine.revision)).toBe('AuthFailed');
  expect(assign('alice', test.machine.revision)).toBeUndefined();
  test.do({ $case: 'userChangePassword', value: { name: 'alice', password: '', hashedPassword: 'bmV3' } });
  test.do({ $case: 'userDelete', value: { name: 'alice' } });
  test.do({ $case: 'disable', value: {} });
  expect(calls).toEqual(['assign d 8 alice', 'forget alice', 'forget alice', 'clear']);
});
