import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { etcdctl, etcdProcess, type EtcdProcess } from './etcd-process.ts';
import { storeProcess, type StoreProcess } from './store-process.ts';

/** Snapshots both ways between ours and Debian's etcd: an exit and an entrance. */
const program = resolve(dirname(fileURLToPath(import.meta.url)), '../../apps/store/dist/main.mjs');
const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Run {
  readonly code: number;
  readonly text: string;
}

/** The store's program, which `rhythm store` passes everything on to. */
function snapshot(...args: string[]): Promise<Run> {
  return new Promise((done) => {
    execFile(process.execPath, [program, 'snapshot', ...args], { timeout: 120_000 }, (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` }));
  });
}

async function snapshotOk(...args: string[]): Promise<string> {
  const { code, text } = await snapshot(...args);
  if (code !== 0) throw new Error(`snapshot ${args.join(' ')}: ${text}`);
  return text;
}

async function ours(): Promise<StoreProcess> {
  const store = await storeProcess();
  cleanups.push(() => store.remove());
  return store;
}

async function theirs(folder?: string): Promise<EtcdProcess> {
  const etcd = await etcdProcess(folder);
  cleanups.push(() => etcd.stop());
  return etcd;
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-snapshot-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs etcdctl against either. */
type Ctl = (args: readonly string[]) => Promise<string>;

async function revisionOf(ctl: Ctl): Promise<number> {
  return (JSON.parse(await ctl(['get', 'none', '-w', 'json'])) as { header: { revision: number } }).header.revision;
}

/** Puts, changes, deletions, a compaction in the middle, two leases, one with a key, users and a role; gives the compacted revision. */
async function history(ctl: Ctl): Promise<number> {
  for (let at = 0; at < 30; at++) await ctl(['put', `key-${at % 10}`, `value ${at} ${'x'.repeat(at * 10)}`]);
  await ctl(['put', 'big', 'y'.repeat(20_000)]);
  await ctl(['del', 'key-3']);
  const compacted = await revisionOf(ctl);
  await ctl(['compaction', String(compacted)]);
  await ctl(['put', 'key-3', 'again']);
  await ctl(['del', 'key-4']);
  await ctl(['lease', 'grant', '5000']);
  const granted = /lease ([0-9a-f]+) granted/.exec(await ctl(['lease', 'grant', '4000']))?.[1] ?? '';
  await ctl(['put', 'leased', 'x', `--lease=${granted}`]);
  await ctl(['role', 'add', 'reader']);
  await ctl(['role', 'grant-permission', 'reader', 'read', 'key-', '--prefix=true']);
  for (const user of ['root:top', 'alice:secret']) await ctl(['user', 'add', user]);
  await ctl(['user', 'grant-role', 'alice', 'reader']);
  await ctl(['user', 'grant-role', 'root', 'root']);
  await ctl(['put', 'last', '1']);
  return compacted;
}

/** What both must answer alike: all keys with their revisions and versions, what could be read before, leases, users and roles. */
async function contents(ctl: Ctl, compacted: number): Promise<unknown> {
  const kvs = async (args: readonly string[]): Promise<unknown> => {
    const found = JSON.parse(await ctl(['get', '', '--prefix', '-w', 'json', ...args])) as { header: { revision: number }; kvs: unknown[]; count: number };
    return { revision: found.header.revision, kvs: found.kvs, count: found.count };
  };
  const leases = (await ctl(['lease', 'list'])).split('\n').slice(1, -1).sort();
  const held = await Promise.all(leases.map(async (id) => (await ctl(['lease', 'timetolive', id, '--keys'])).replace(/remaining\(\d+s\)/, '')));
  const hash = (await ctl(['endpoint', 'hashkv'])).split(', ')[1];
  const auth = [await ctl(['user', 'list']), await ctl(['user', 'get', 'alice', '--detail']), await ctl(['role', 'list'])];
  return { auth, now: await kvs([]), before: await kvs([`--rev=${compacted}`]), between: await kvs([`--rev=${compacted + 1}`]), held, hash };
}

test("etcd reads ours: status says the same, and a server restored from it has every key, its history, its leases and its users", async () => {
  const store = await ours();
  const compacted = await history((args) => store.etcdctl(args));
  const folder = scratch();
  const file = join(folder, 'ours.db');
  await snapshotOk('save', file, '--endpoints', store.endpoint, '--cacert', store.tls.ca, '--cert', store.tls.cert, '--key', store.tls.key);
  const mine = JSON.parse(await snapshotOk('status', file, '--write-out=json')) as Record<string, number>;
  expect(mine).toEqual(JSON.parse(await etcdctl(['snapshot', 'status', file, '-w', 'json'])));
  expect(mine['revision']).toBe(await revisionOf((args) => store.etcdctl(args)));
  expect(await snapshotOk('status', file)).toBe(await etcdctl(['snapshot', 'status', file, '-w', 'table']));

  await etcdctl(['snapshot', 'restore', file, '--data-dir', join(folder, 'etcd')]);
  const etcd = await theirs(join(folder, 'etcd'));
  expect(await contents((args) => etcd.etcdctl(args), compacted)).toEqual(await contents((args) => store.etcdctl(args), compacted));
  await signsIn((args) => etcd.etcdctl(args));
  // It goes on from there, removing and compacting what it was given.
  await etcd.etcdctl(['del', '--prefix', 'key-']);
  await etcd.etcdctl(['compaction', String(await revisionOf((args) => etcd.etcdctl(args)))]);
  await etcd.etcdctl(['defrag']);
  expect(await etcd.etcdctl(['get', 'last'])).toBe('last\n1\n');

  // And back again, with all that happened there.
  const back = join(folder, 'etcd.db');
  await snapshotOk('save', back, '--endpoints', etcd.endpoint);
  await restoreInto(store, back);
  expect(await store.etcdctl(['get', '', '--prefix'])).toBe(await etcd.etcdctl(['get', '', '--prefix']));
});

/** Passwords and permissions have come along. */
async function signsIn(ctl: Ctl): Promise<void> {
  await ctl(['auth', 'enable']);
  expect(await ctl(['--user', 'alice:secret', 'get', 'key-1', '--keys-only'])).toBe('key-1\n\n');
  await expect(ctl(['--user', 'alice:secret', 'get', 'last'])).rejects.toThrow('permission denied');
  await expect(ctl(['--user', 'alice:wrong', 'get', 'key-1'])).rejects.toThrow('authentication failed, invalid user ID or password');
  await ctl(['--user', 'root:top', 'auth', 'disable']);
}

/** Replaces the data of a stopped store by a snapshot, and starts it. */
async function restoreInto(store: StoreProcess, file: string, ...flags: string[]): Promise<string> {
  await store.kill('SIGTERM');
  const data = join(store.folder, 'data');
  if (existsSync(data)) renameSync(data, `${data}-${readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim()}`);
  const said = await snapshotOk('restore', file, '--data-dir', data, '--name', 'a', ...flags);
  await store.start();
  return said;
}

test("ours reads etcd's: a saved snapshot, and the database of a member that was copied", async () => {
  const etcd = await theirs();
  const compacted = await history((args) => etcd.etcdctl(args));
  const folder = scratch();
  const file = join(folder, 'etcd.db');
  await etcd.etcdctl(['snapshot', 'save', file]);
  expect(JSON.parse(await snapshotOk('status', file, '--write-out=json'))).toEqual(JSON.parse(await etcdctl(['snapshot', 'status', file, '-w', 'json'])));
  const store = await ours();
  await store.etcdctl(['put', 'other', 'cluster']);
  const before = JSON.parse(await store.etcdctl(['get', 'x', '-w', 'json'])) as { header: { cluster_id: number } };
  expect(await restoreInto(store, file)).toMatch(/^restored \d+ revisions up to \d+ into .*: member [0-9a-f]+ of the new cluster [0-9a-f]+\n$/);
  const wanted = await contents((args) => etcd.etcdctl(args), compacted);
  expect(await contents((args) => store.etcdctl(args), compacted)).toEqual(wanted);
  const after = JSON.parse(await store.etcdctl(['get', 'x', '-w', 'json'])) as { header: { cluster_id: number } };
  expect(after.header.cluster_id).not.toBe(before.header.cluster_id);
  await signsIn((args) => store.etcdctl(args));
  await store.etcdctl(['put', 'goes', 'on']);

  await etcd.kill('SIGTERM');
  const raw = join(folder, 'raw.db');
  copyFileSync(join(etcd.folder, 'member/snap/db'), raw);
  const refused = await snapshot('restore', raw, '--data-dir', join(folder, 'no'), '--name', 'a');
  expect(refused.text).toContain('--skip-hash-check restores it nevertheless');
  expect(refused.code).toBe(1);
  await restoreInto(store, raw, '--skip-hash-check');
  expect(await contents((args) => store.etcdctl(args), compacted)).toEqual(wanted);
});

test('revisions can be raised, and what was before them compacted', async () => {
  const store = await ours();
  for (let at = 0; at < 5; at++) await store.etcdctl(['put', 'key', String(at)]);
  const file = join(scratch(), 'ours.db');
  await store.etcdctl(['snapshot', 'save', file]);
  const revision = await revisionOf((args) => store.etcdctl(args));
  await restoreInto(store, file, '--bump-revision', '1000000', '--mark-compacted');
  expect(await revisionOf((args) => store.etcdctl(args))).toBe(revision + 1_000_000);
  expect(await store.etcdctl(['get', 'key'])).toBe('key\n4\n');
  expect(await store.etcdctl(['watch', 'key', `--rev=${revision}`], { fails: true })).toContain('required revision has been compacted');
  expect((await snapshot('restore', file, '--data-dir', join(store.folder, 'b'), '--bump-revision', '5')).text).toContain('--bump-revision and --mark-compacted go together');
});

test('a damaged file is refused, and what is damaged is named; nothing is left behind', async () => {
  const store = await ours();
  for (let at = 0; at < 50; at++) await store.etcdctl(['put', `key-${at}`, 'x'.repeat(200)]);
  const folder = scratch();
  const file = join(folder, 'ours.db');
  await store.etcdctl(['snapshot', 'save', file]);
  const good = readFileSync(file);
  const damaged = async (change: (bytes: Buffer) => Buffer, ...flags: string[]): Promise<string> => {
    writeFileSync(join(folder, 'bad.db'), change(Buffer.from(good)));
    const { code, text } = await snapshot('restore', join(folder, 'bad.db'), '--data-dir', join(folder, 'data'), ...flags);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'data'))).toBe(false);
    expect(existsSync(join(folder, 'data.restoring'))).toBe(false);
    return text;
  };
  const flip = (at: number) => (bytes: Buffer) => {
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    return bytes;
  };
  expect(await damaged(flip(good.indexOf('xxxxx')))).toMatch(/bad\.db is damaged: its SHA-256 is [0-9a-f]{64}, but it ends with [0-9a-f]{64}/);
  expect(await damaged(flip(3 * 4096), '--skip-hash-check')).toMatch(/bad\.db is damaged: page 3 is damaged: it says that it is page/);
  expect(await damaged((bytes) => bytes.subarray(0, 8192))).toContain('the file is cut off');
  expect(await damaged(() => Buffer.from('hello'))).toContain('is no snapshot, or damaged');
});
