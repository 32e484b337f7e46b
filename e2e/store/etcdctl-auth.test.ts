import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { start } from '@rhythm/store';
import { etcdProcess } from './etcd-process.ts';
import { outputUntil, storeProcess, type StoreProcess } from './store-process.ts';

/** Debian's etcdctl 3.4 against a real store process: users and roles, locks and elections, mirrors. */
let store: StoreProcess;
beforeAll(async () => {
  store = await storeProcess(undefined, ['--bcrypt-cost', '4']);
});
afterAll(() => store.remove());

/** The name in the client certificate that `store.etcdctl` shows. */
const certificateUser = 'rhythm-apiserver';
const fails = { fails: true } as const;

test('locks', async () => {
  expect(await store.etcdctl(['lock', 'door', 'echo', 'inside'])).toBe('inside\n');
  const holder = store.etcdctlProcess(['lock', 'door']);
  await outputUntil(holder, /^door\/[0-9a-f]+\n/);
  const next = store.etcdctl(['lock', 'door', 'echo', 'my turn']);
  // Its key is behind the holder's.
  while ((await store.etcdctl(['get', '--prefix', '--keys-only', 'door/'])).trim().split('\n\n').length < 2);
  holder.kill('SIGINT');
  expect(await next).toBe('my turn\n');
});

test('elects', async () => {
  const first = store.etcdctlProcess(['elect', 'throne', 'first']);
  await outputUntil(first, /throne\/[0-9a-f]+\nfirst\n/);
  const listener = store.etcdctlProcess(['elect', '-l', 'throne']);
  await outputUntil(listener, /first\n/);
  const second = store.etcdctlProcess(['elect', 'throne', 'second']);
  const seen = outputUntil(listener, /second\n/);
  while ((await store.etcdctl(['get', '--prefix', '--keys-only', 'throne/'])).trim().split('\n\n').length < 2);
  first.kill('SIGINT');
  await seen;
  for (const process_ of [second, listener]) process_.kill('SIGKILL');
});

test('is mirrored into another store', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'rhythm-mirror-'));
  const mirror = await start({ name: 'm', dataDir, host: '127.0.0.1', port: 0 }, { clock: systemClock, random: systemRandom, log: silentLog });
  const mirroring = store.etcdctlProcess(['make-mirror', '--prefix', 'mirrored/', `127.0.0.1:${mirror.port}`]);
  try {
    await store.etcdctl(['put', 'mirrored/before', '1']);
    await store.etcdctl(['put', 'mirrored/after', '2']);
    const plain = (args: readonly string[]) => store.etcdctl(args, { endpoint: `127.0.0.1:${mirror.port}` });
    while (!(await plain(['get', '--prefix', 'mirrored/'])).includes('mirrored/after\n2\n'));
    await store.etcdctl(['del', 'mirrored/before']);
    while ((await plain(['get', '--prefix', 'mirrored/'])) !== 'mirrored/after\n2\n');
  } finally {
    mirroring.kill('SIGKILL');
    await mirror.stop();
    rmSync(dataDir, { recursive: true });
  }
});

test('manages users and roles, asks them for their passwords, and takes certificates for users', async () => {
  await store.etcdctl(['put', 'open/a', '1']);
  await store.etcdctl(['put', 'shut/a', '1']);
  expect(await store.etcdctl(['user', 'add', 'root:root-password'])).toBe('User root created\n');
  expect(await store.etcdctl(['user', 'add', 'guest', '--interactive=false'], { input: 'guest-password\n' })).toBe('User guest created\n');
  expect(await store.etcdctl(['user', 'add', certificateUser, '--no-password'])).toBe(`User ${certificateUser} created\n`);
  expect(await store.etcdctl(['role', 'add', 'guests'])).toBe('Role guests created\n');
  await store.etcdctl(['role', 'grant-permission', 'guests', 'read', '--prefix', 'open/']);
  await store.etcdctl(['role', 'grant-permission', 'guests', 'readwrite', 'book']);
  expect(await store.etcdctl(['role', 'get', 'guests'])).toBe('Role guests\nKV Read:\n\tbook\n\t[open/, open0) (prefix open/)\nKV Write:\n\tbook\n');
  for (const user of ['guest', certificateUser]) await store.etcdctl(['user', 'grant-role', user, 'guests']);
  expect(await store.etcdctl(['user', 'get', 'guest'])).toBe('User: guest\nRoles: guests\n');
  expect(await store.etcdctl(['user', 'list'])).toBe(`guest\n${certificateUser}\nroot\n`);
  // It makes the role root and grants it.
  expect(await store.etcdctl(['auth', 'enable'])).toBe('Authentication Enabled\n');

  const as = (name: string) => (args: readonly string[], options?: Parameters<StoreProcess['etcdctl']>[1]) => store.etcdctl(['--user', `${name}:${name}-password`, ...args], options);
  const [root, guest] = [as('root'), as('guest')];
  expect(await guest(['get', 'open/a'])).toBe('open/a\n1\n');
  expect(await guest(['get', 'shut/a'], fails)).toContain('etcdserver: permission denied');
  expect(await guest(['put', 'book', 'x'])).toBe('OK\n');
  expect(await guest(['put', 'open/a', 'x'], fails)).toContain('etcdserver: permission denied');
  expect(await guest(['watch', '--prefix', 'shut/'], fails)).toContain('watch was canceled (rpc error: code = PermissionDenied desc = etcdserver: permission denied)');
  expect(await guest(['txn'], { input: '\nput book y\n\nget shut/a\n\n', fails: true })).toContain('etcdserver: permission denied');
  expect(await guest(['endpoint', 'hashkv'], fails)).toContain('permission denied');
  expect(await guest(['user', 'add', 'friend:x'], fails)).toContain('etcdserver: permission denied');
  expect(await guest(['lock', 'shut', 'true'], fails)).toContain('etcdserver: permission denied');
  expect(await root(['get', 'shut/a'])).toBe('shut/a\n1\n');
  expect(await store.etcdctl(['--user', 'root:wrong', 'get', 'shut/a'], fails)).toContain('etcdserver: authentication failed, invalid user ID or password');
  // Without a user it is the certificate that speaks.
  expect(await store.etcdctl(['get', 'open/a'])).toBe('open/a\n1\n');
  expect(await store.etcdctl(['get', 'shut/a'], fails)).toContain('etcdserver: permission denied');

  await root(['user', 'passwd', 'guest', '--interactive=false'], { input: 'changed\n' });
  expect(await guest(['get', 'open/a'], fails)).toContain('authentication failed');
  await root(['role', 'revoke-permission', 'guests', '--prefix', 'open/']);
  expect(await store.etcdctl(['get', 'open/a'], fails)).toContain('etcdserver: permission denied');

  await store.kill('SIGKILL');
  await store.start();
  expect(await store.etcdctl(['get', 'open/a'], fails)).toContain('etcdserver: permission denied');
  expect(await store.etcdctl(['--user', 'guest:changed', 'get', 'book'])).toBe('book\nx\n');
  expect(await root(['role', 'get', 'guests'])).toBe('Role guests\nKV Read:\n\tbook\nKV Write:\n\tbook\n');
  expect(store.log()).not.toMatch(/root-password|guest-password|changed/);
});

test('gives its users to etcd', async () => {
  const root = ['--user', 'root:root-password'];
  await store.etcdctl([...root, 'snapshot', 'save', `${store.folder}/users.db`]);
  const restored = join(store.folder, 'etcd');
  await store.etcdctl(['snapshot', 'restore', `${store.folder}/users.db`, '--data-dir', restored]);
  const etcd = await etcdProcess(restored);
  try {
    await expect(etcd.etcdctl(['get', 'book'])).rejects.toThrow('etcdserver: user name is empty');
    expect(await etcd.etcdctl(['--user', 'guest:changed', 'get', 'book'])).toBe('book\nx\n');
    expect(await etcd.etcdctl([...root, 'user', 'list'])).toBe(`guest\n${certificateUser}\nroot\n`);
  } finally {
    await etcd.stop();
  }
});

test('lets go of users and roles', async () => {
  const root = (...args: readonly string[]) => store.etcdctl(['--user', 'root:root-password', ...args]);
  expect(await root('user', 'revoke-role', 'guest', 'guests')).toBe('Role guests is revoked from user guest\n');
  expect(await root('role', 'delete', 'guests')).toBe('Role guests deleted\n');
  expect(await root('role', 'list')).toBe('root\n');
  expect(await root('user', 'delete', 'guest')).toBe('User guest deleted\n');
  expect(await root('auth', 'disable')).toBe('Authentication Disabled\n');
  expect(await store.etcdctl(['get', 'shut/a'])).toBe('shut/a\n1\n');
});

test('answers what else there is to ask', async () => {
  await store.etcdctl(['put', 'rest', '1']);
  const { header } = JSON.parse(await store.etcdctl(['put', 'rest', '2', '-w', 'json'])) as { header: { revision: number } };
  expect(await store.etcdctl(['compaction', '--physical', String(header.revision)])).toBe(`compacted revision ${header.revision}\n`);
  expect(await store.etcdctl(['get', 'rest', '--print-value-only'])).toBe('2\n');
  expect(await store.etcdctl(['get', 'rest', '-w', 'fields'])).toContain('"Version" : 2\n');
  expect(await store.etcdctl(['endpoint', 'status', '--cluster'])).toMatch(/^https:\/\/127\.0\.0\.1:\d+, /);
  expect(await store.etcdctl(['endpoint', 'health', '--cluster'])).toBe('');
  expect(await store.etcdctl(['move-leader', '1234'], fails)).toContain('etcdserver: bad leader transferee');
  const [id = ''] = (await store.etcdctl(['member', 'list'])).split(',');
  expect(await store.etcdctl(['member', 'promote', id], fails)).toContain('etcdserver: can only promote a learner member');
  expect(await store.etcdctl(['member', 'remove', '99'], fails)).toContain('etcdserver: member not found');
});
