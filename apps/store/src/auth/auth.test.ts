import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock, systemRandom } from '@rhythm/base';
import { bidi, GrpcError, Metadata, unary, type CallSettings } from '@rhythm/grpc';
import { createAuthority } from '@rhythm/pki';
import { AuthService, ClusterService, KVService, LeaseService, MaintenanceService, WatchService } from '@rhythm/proto/etcd';
import { TransactionsService } from '@rhythm/proto/store';
import { testStore, withToken, type TestStore } from '../test-store.ts';
import { parseTokenOptions } from './token-options.ts';

let store: TestStore;
afterEach(() => store.stop());

const bytes = (text: string): Uint8Array => Buffer.from(text);
const password = 'correct horse battery staple';
const put = (key: string, settings?: CallSettings) => unary(store.client, KVService.put, { key: bytes(key), value: bytes('v'), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false }, settings);
const options = { limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n } as const;
const get = (key: string, settings?: CallSettings, client = store.client) => unary(client, KVService.range, { key: bytes(key), rangeEnd: bytes(''), ...options }, settings);
const signIn = async (name: string, secret = password): Promise<CallSettings> => withToken((await unary(store.client, AuthService.authenticate, { name, password: secret })).token);
const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof GrpcError ? `${error.code} ${error.details}` : String(error);
  }
};

const userEmpty = '3 etcdserver: user name is empty';
const denied = '7 etcdserver: permission denied';
const badToken = '16 etcdserver: invalid auth token';
const oldRevision = '3 etcdserver: revision of auth store is old';

async function addUser(name: string, role: string, settings?: CallSettings, noPassword = false): Promise<void> {
  await unary(store.client, AuthService.userAdd, { name, password: noPassword ? '' : password, options: { noPassword }, hashedPassword: '' }, settings);
  await unary(store.client, AuthService.userGrantRole, { user: name, role }, settings);
}

/** Root, and alice who may do everything below `a/`. */
async function enable(): Promise<void> {
  await unary(store.client, AuthService.roleAdd, { name: 'a' });
  await unary(store.client, AuthService.roleGrantPermission, { name: 'a', perm: { permType: 2, key: bytes('a/'), rangeEnd: bytes('a0') } });
  await addUser('alice', 'a');
  await addUser('root', 'root');
  await unary(store.client, AuthService.authEnable, {});
}

test('every door asks who is there', async () => {
  store = await testStore();
  await enable();
  const [alice, root] = [await signIn('alice'), await signIn('root')];
  expect(await failure(put('a/1'))).toBe(userEmpty);
  expect(await failure(put('a/1', alice))).toBe('none');
  expect(await failure(put('b/1', alice))).toBe(denied);
  expect(await failure(put('b/1', root))).toBe('none');
  expect(await failure(get('a/1', withToken('abcdefghijklmnop.1')))).toBe(badToken);
  expect(await failure(get('a/1', withToken(String(alice.metadata?.get('token')[0]), 'authorization')))).toBe('none');
  const management = [
    () => unary(store.client, MaintenanceService.status, {}, alice),
    () => unary(store.client, MaintenanceService.hashKv, { revision: 0n }, alice),
    () => unary(store.client, MaintenanceService.defragment, {}, alice),
    () => unary(store.client, MaintenanceService.alarm, { action: 0, memberID: 0n, alarm: 0 }, alice),
    () => unary(store.client, ClusterService.memberRemove, { ID: 1n }, alice),
    () => unary(store.client, KVService.compact, { revision: 2n, physical: false }, alice),
    () => unary(store.client, AuthService.userList, {}, alice),
    () => unary(store.client, AuthService.authDisable, {}, alice),
    () => unary(store.client, AuthService.authStatus, {}, alice),
    () => unary(store.client, AuthService.userAdd, { name: 'x', password, options: undefined, hashedPassword: '' }, alice),
  ];
  for (const call of management) expect(await failure(call())).toBe(denied);
  expect(await failure(unary(store.client, MaintenanceService.status, {}))).toBe(userEmpty);
  expect(await failure(unary(store.client, MaintenanceService.status, {}, root))).toBe('none');
  expect(await failure(unary(store.client, ClusterService.memberList, { linearizable: false }))).toBe(userEmpty);
  expect(await failure(unary(store.client, ClusterService.memberList, { linearizable: false }, alice))).toBe('none');
  expect(await failure(unary(store.client, LeaseService.leaseGrant, { ID: 5n, TTL: 60n }))).toBe(userEmpty);
  expect(await failure(unary(store.client, LeaseService.leaseGrant, { ID: 5n, TTL: 60n }, root))).toBe('none');
  await unary(store.client, KVService.put, { key: bytes('b/2'), value: bytes(''), lease: 5n, prevKv: false, ignoreValue: false, ignoreLease: false }, root);
  expect(await failure(unary(store.client, LeaseService.leaseTimeToLive, { ID: 5n, keys: true }, alice))).toBe(denied);
  expect(await failure(unary(store.client, LeaseService.leaseTimeToLive, { ID: 5n, keys: false }, alice))).toBe('none');
  expect(await failure(unary(store.client, LeaseService.leaseLeases, {}, alice))).toBe(denied);
  expect(await failure(unary(store.client, LeaseService.leaseRevoke, { ID: 5n }, alice))).toBe(denied);
  const keepAlive = bidi(store.client, LeaseService.leaseKeepAlive, alice);
  await keepAlive.write({ ID: 5n });
  expect(`${(await keepAlive.closed)?.code} ${(await keepAlive.closed)?.details}`).toBe(denied);
});

test('a watch that is not permitted is refused in words that clients know, the others of its stream go on', async () => {
  store = await testStore();
  await enable();
  const call = bidi(store.client, WatchService.watch, await signIn('alice'));
  const messages = call.messages[Symbol.asyncIterator]();
  const create = async (key: string, rangeEnd: string) => {
    const value = { key: bytes(key), rangeEnd: bytes(rangeEnd), startRevision: 0n, progressNotify: false, filters: [], prevKv: false, watchId: 0n, fragment: false };
    await call.write({ requestUnion: { $case: 'createRequest', value } });
    const { value: answer } = await messages.next();
    return answer === undefined ? [] : [answer.watchId, answer.created, answer.canceled, answer.cancelReason];
  };
  const refused = [-1n, true, true, 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'];
  expect(await create('a/', 'a0')).toEqual([0n, true, false, '']);
  expect(await create('b/', 'b0')).toEqual(refused);
  expect(await create('a/', '\0')).toEqual(refused);
  expect(await create('', '')).toEqual(refused);
  expect(await create('a/x', '')).toEqual([1n, true, false, '']);
  call.cancel();
});

test('the batched stream asks for each request', async () => {
  store = await testStore();
  await enable();
  const call = bidi(store.client, TransactionsService.session, await signIn('alice'));
  const range = (key: string) => ({ $case: 'range', value: { key: bytes(key), rangeEnd: bytes(''), ...options } }) as const;
  await call.write({ requests: [{ id: 1n, request: range('a/1') }, { id: 2n, request: range('b/1') }] });
  const answers = new Map<bigint, string>();
  for await (const { replies } of call.messages) {
    for (const { id, reply } of replies) answers.set(id, reply?.$case === 'failure' ? `${reply.value.code} ${reply.value.message}` : (reply?.$case ?? ''));
    if (answers.size === 2) break;
  }
  expect(Object.fromEntries([...answers].map(([id, answer]) => [String(id), answer]))).toEqual({ 1: 'range', 2: denied });
});

test('survives a restart, tokens do not, and no secret is written anywhere', async () => {
  store = await testStore();
  await enable();
  const alice = await signIn('alice');
  expect(await failure(unary(store.client, AuthService.authenticate, { name: 'alice', password: 'wrong password' }))).toBe('3 etcdserver: authentication failed, invalid user ID or password');
  expect(await failure(unary(store.client, AuthService.authenticate, { name: 'nobody', password }))).toBe('3 etcdserver: authentication failed, invalid user ID or password');
  await unary(store.client, AuthService.userChangePassword, { name: 'alice', password: 'another password', hashedPassword: '' }, await signIn('root'));
  expect(await failure(get('a/1', alice))).toBe(badToken);
  const again = await signIn('alice', 'another password');
  await store.restart();
  expect(await failure(get('a/1', again))).toBe(badToken);
  expect(await failure(get('a/1', await signIn('alice', 'another password')))).toBe('none');
  const log = store.lines.join('\n');
  expect(log).toContain('somebody could not sign in');
  for (const secret of [password, 'another password', 'wrong password', String(alice.metadata?.get('token')[0]), String(again.metadata?.get('token')[0])]) expect(log).not.toContain(secret);
});

test('takes users with a hash made elsewhere, and refuses what is none', async () => {
  store = await testStore();
  await enable();
  const root = await signIn('root');
  // bcrypt of "x", as etcd writes it.
  const hashedPassword = Buffer.from('$2a$04$wPmn9FeEpsGgJvRQ7MNmIe5pU2nTfUeiuYe6pYqFqoAzNQ8CQ2SYK').toString('base64');
  expect(await failure(unary(store.client, AuthService.userAdd, { name: 'b', password: '', options: undefined, hashedPassword }, root))).toBe('none');
  expect(await failure(unary(store.client, AuthService.userAdd, { name: 'c', password: '', options: undefined, hashedPassword: 'eA==' }, root))).toContain('is not a bcrypt hash');
  expect(await failure(unary(store.client, AuthService.userAdd, { name: 'd', password: 'x'.repeat(73), options: undefined, hashedPassword: '' }, root))).toContain('password length exceeds 72 bytes');
});

test('signed tokens outlive a restart and grow old with a change of users', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-jwt-'));
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const tokenOptions = parseTokenOptions(`jwt,sign-method=EdDSA,priv-key=${join(folder, 'key')}`, (path) => readFileSync(path));
  store = await testStore({ auth: { tokenOptions, bcryptCost: 4 } });
  await enable();
  const alice = await signIn('alice');
  expect(await failure(put('a/1', alice))).toBe('none');
  await store.restart();
  expect(await failure(get('a/1', alice))).toBe('none');
  expect(await failure(get('b/1', alice))).toBe(denied);
  await unary(store.client, AuthService.roleAdd, { name: 'new' }, await signIn('root'));
  expect(await failure(get('a/1', alice))).toBe(oldRevision);
  expect(await failure(put('a/1', alice))).toBe(oldRevision);
  expect(await failure(get('a/1', await signIn('alice')))).toBe('none');
  rmSync(folder, { recursive: true });
});

test('the name in a client certificate is a user, but not for a gateway', async () => {
  const authority = await createAuthority('ca', { clock: systemClock, random: systemRandom });
  const server = await authority.issue({ commonName: 'store', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const issue = async (commonName: string) => {
    const { certPem, keyPem } = await authority.issue({ commonName, usages: ['client'] });
    return { ca: authority.certPem, cert: certPem, key: keyPem };
  };
  store = await testStore({ tls: { cert: server.certPem, key: server.keyPem, clientCa: authority.certPem, requireClientCert: true } }, await issue('root'));
  await enable();
  await addUser('cert', 'a', undefined, true);
  const cert = store.dial(await issue('cert'));
  expect(await failure(get('a/1', undefined, cert))).toBe('none');
  expect(await failure(get('b/1', undefined, cert))).toBe(denied);
  expect(await failure(get('a/1', undefined, store.dial(await issue('stranger'))))).toBe(denied);
  expect(await failure(unary(cert, AuthService.userList, {}))).toBe(denied);
  // A token says more than a certificate.
  expect(await failure(get('b/1', await signIn('root'), cert))).toBe('none');
  const metadata = new Metadata();
  metadata.set('grpcgateway-accept', 'application/json');
  expect(await failure(get('a/1', { metadata }, cert))).toBe(userEmpty);
  expect(await failure(unary(store.client, AuthService.authenticate, { name: 'cert', password: 'x' }))).toContain('no password user');
});
