import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { dialGrpc, GrpcError, unary, type Client } from '@rhythm/grpc';
import { anyPort } from '@rhythm/grpc/testing';
import { AuthService, KVClient, KVService, LeaseService } from '@rhythm/proto/etcd';
import { LockService } from '@rhythm/proto/etcd/lock';
import { start, type RunningStore } from '../start.ts';
import { withToken } from '../test-store.ts';

/** Three members in one process, over loopback. */
const folder = mkdtempSync(join(tmpdir(), 'rhythm-auth-members-'));
const stores: RunningStore[] = [];
let clients: Client[];

beforeAll(async () => {
  const ports = await Promise.all([0, 0, 0].map(anyPort));
  const initialCluster = ports.map((port, at) => `m${at}=http://127.0.0.1:${port}`).join(',');
  const begin = (port: number, at: number) =>
    start(
      {
        name: `m${at}`, dataDir: join(folder, `m${at}`), host: '127.0.0.1', port: 0, auth: { bcryptCost: 4 }, peers: { host: '127.0.0.1', port },
        cluster: { initialCluster, initialClusterState: 'new', initialClusterToken: 't', advertisePeerUrls: [`http://127.0.0.1:${port}`] },
      },
      { clock: systemClock, random: systemRandom, log: silentLog },
    );
  stores.push(...(await Promise.all(ports.map(begin))));
  clients = stores.map(({ port }) => dialGrpc(KVClient, { targets: `127.0.0.1:${port}` }));
  await untilDone(() => put(clients[0], 'ready'));
  const [one] = clients as [Client];
  await unary(one, AuthService.userAdd, { name: 'root', password: 'x', options: undefined, hashedPassword: '' });
  await unary(one, AuthService.userGrantRole, { user: 'root', role: 'root' });
  await unary(one, AuthService.authEnable, {});
});
afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all(stores.map((store) => store.stop()));
  rmSync(folder, { recursive: true });
});

const bytes = (text: string): Uint8Array => Buffer.from(text);
const put = (client: Client | undefined, key: string, token?: string) =>
  unary(client as Client, KVService.put, { key: bytes(key), value: bytes('v'), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false }, token === undefined ? {} : withToken(token));
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', (error: unknown) => (error instanceof GrpcError ? error.details : String(error)));

/** Until the members have elected a leader. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    if ((await failure(work())) === 'none') return;
    await systemClock.sleep(20);
  }
}

test('a token from any member is good at all of them, at once, and gone everywhere with a new password', async () => {
  for (const [at, client] of clients.entries()) {
    const { token } = await unary(client, AuthService.authenticate, { name: 'root', password: 'x' });
    expect(await Promise.all(clients.map((each) => failure(put(each, `k${at}`, token))))).toEqual(['none', 'none', 'none']);
  }
  const { token } = await unary(clients[1] as Client, AuthService.authenticate, { name: 'root', password: 'x' });
  await unary(clients[2] as Client, AuthService.userChangePassword, { name: 'root', password: 'y', hashedPassword: '' }, withToken(token));
  // A member that has not heard of it yet still knows the token; where the write is applied it is known to be old.
  for (const refused of await Promise.all(clients.map((each) => failure(put(each, 'k', token))))) {
    expect(['etcdserver: invalid auth token', 'etcdserver: revision of auth store is old']).toContain(refused);
  }
});

test('a lock that is held at one member is waited for at another', async () => {
  const { token } = await unary(clients[0] as Client, AuthService.authenticate, { name: 'root', password: 'y' });
  const as = withToken(token);
  const leases = await Promise.all(clients.map(async (client) => (await unary(client, LeaseService.leaseGrant, { ID: 0n, TTL: 60n }, as)).ID));
  const lock = (at: number) => unary(clients[at] as Client, LockService.lock, { name: bytes('lock'), lease: leases[at] ?? 0n }, as);
  const { key } = await lock(0);
  let isMine = false;
  const waiting = lock(1).then(() => (isMine = true));
  expect(await failure(put(clients[2], 'between', token))).toBe('none');
  expect(isMine).toBe(false);
  await unary(clients[2] as Client, LockService.unlock, { key }, as);
  await waiting;
});
