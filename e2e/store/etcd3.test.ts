import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3, EtcdLockFailedError, EtcdPermissionDeniedError } from 'etcd3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { start, type RunningStore } from '@rhythm/store';

/** The npm client etcd3 against our store. */
const dataDir = mkdtempSync(join(tmpdir(), 'rhythm-etcd3-'));
let store: RunningStore;
let client: Etcd3;

const connect = (more: Partial<ConstructorParameters<typeof Etcd3>[0]> = {}): Etcd3 => new Etcd3({ hosts: `http://127.0.0.1:${store.port}`, ...more });

beforeAll(async () => {
  store = await start({ name: 'a', dataDir, host: '127.0.0.1', port: 0, auth: { bcryptCost: 4 } }, { clock: systemClock, random: systemRandom, log: silentLog });
  client = connect();
});
afterAll(async () => {
  client.close();
  await store.stop();
  rmSync(dataDir, { recursive: true });
});

/** Resolves with what `listen` is told next. */
function next<T>(listen: (tell: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve) => listen(resolve));
}

test('reads, writes, deletes, counts', async () => {
  await client.put('kv/a').value('1');
  await client.put('kv/b').value('2');
  expect(await client.get('kv/a').string()).toBe('1');
  expect(await client.getAll().prefix('kv/').strings()).toEqual({ 'kv/a': '1', 'kv/b': '2' });
  expect(await client.getAll().prefix('kv/').count()).toBe(2);
  expect(await client.getAll().prefix('kv/').sort('Key', 'Descend').limit(1).keys()).toEqual(['kv/b']);
  expect((await client.delete().prefix('kv/').getPrevious()).map(({ value }) => value.toString()).sort()).toEqual(['1', '2']);
  expect(await client.get('kv/a').string()).toBeNull();
});

test('runs transactions', async () => {
  await client.put('tx').value('1');
  const swap = () => client.if('tx', 'Value', '==', '1').then(client.put('tx').value('2')).else(client.get('tx')).commit();
  expect((await swap()).succeeded).toBe(true);
  expect((await swap()).succeeded).toBe(false);
  await client.stm().transact(async (stm) => stm.put('tx').value(`${await stm.get('tx').string()}!`));
  expect(await client.get('tx').string()).toBe('2!');
});

test('watches', async () => {
  const watcher = await client.watch().prefix('w/').withPreviousKV().create();
  const put = next<[string, string]>((tell) => watcher.once('put', ({ key, value }) => tell([key.toString(), value.toString()])));
  await client.put('w/1').value('x');
  expect(await put).toEqual(['w/1', 'x']);
  const deleted = next<string | undefined>((tell) => watcher.once('delete', (_kv, previous) => tell(previous?.value.toString())));
  await client.delete().key('w/1');
  expect(await deleted).toBe('x');
  await watcher.cancel();
});

test('keeps leases alive, and their keys with them', async () => {
  const lease = client.lease(60);
  await lease.put('leased').value('x');
  await lease.keepaliveOnce();
  const watcher = await client.watch().key('leased').create();
  const deleted = next<void>((tell) => watcher.once('delete', () => tell()));
  await lease.revoke();
  await deleted;
  await watcher.cancel();
});

test('locks', async () => {
  const lock = client.lock('lock');
  await lock.acquire();
  await expect(client.lock('lock').acquire()).rejects.toBeInstanceOf(EtcdLockFailedError);
  await lock.release();
  await client.lock('lock').do(() => undefined);
});

test('elects, observes, hands over', async () => {
  const election = client.election('leaders', 60);
  const first = election.campaign('first');
  await next<void>((tell) => first.once('elected', () => tell()));
  expect(await election.leader()).toBe('first');
  const observer = await election.observe();
  const second = client.election('leaders', 60).campaign('second');
  const handedOver = next<void>((tell) => second.once('elected', () => tell()));
  await first.proclaim('first, still');
  await first.resign();
  await handedOver;
  expect(await election.leader()).toBe('second');
  await observer.cancel();
  await second.resign();
});

test('signs users in and keeps them to their permissions', async () => {
  const role = client.role('guests');
  await role.create();
  await role.grant({ permission: 'Readwrite', range: client.range({ prefix: 'guests/' }) });
  const guest = client.user('guest');
  await guest.create('guest password');
  await guest.addRole('guests');
  await client.user('root').create('root password');
  await client.role('root').create();
  await client.user('root').addRole('root');
  await client.auth.authEnable();
  const asGuest = connect({ auth: { username: 'guest', password: 'guest password' } });
  const asRoot = connect({ auth: { username: 'root', password: 'root password' } });
  try {
    await asGuest.put('guests/a').value('1');
    expect(await asGuest.get('guests/a').string()).toBe('1');
    await expect(asGuest.get('else').string()).rejects.toBeInstanceOf(EtcdPermissionDeniedError);
    await expect(client.get('guests/a').string()).rejects.toThrow('user name is empty');
    expect((await asRoot.getUsers()).map(({ name }) => name)).toEqual(['guest', 'root']);
    const watcher = await asGuest.watch().prefix('guests/').create();
    const put = next<string>((tell) => watcher.once('put', ({ value }) => tell(value.toString())));
    await asRoot.put('guests/b').value('2');
    expect(await put).toBe('2');
    await watcher.cancel();
  } finally {
    await asRoot.auth.authDisable();
    asGuest.close();
    asRoot.close();
  }
});
