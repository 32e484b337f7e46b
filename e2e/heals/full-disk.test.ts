import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { etcdStore, StoreError, type Store } from '@rhythm/store-client';
import { storeProcess, type StoreProcess } from '../store/store-process.ts';
import { end, eventually, ok } from '../support/cluster.ts';

const diskBytes = 48 * 1024 * 1024;
const valueBytes = 8 * 1024;

let running: StoreProcess;
/** Holds the mount namespace in which the data folder is a small file system of its own. */
let holder: ChildProcess;
let store: Store;
let data: string;

const inside = (...command: readonly string[]): string[] => ['nsenter', '-t', String(holder.pid), '-m', ...command];
const runInside = (...command: readonly string[]): Promise<string> => {
  const [first = '', ...rest] = inside(...command);
  return ok(first, rest);
};

beforeAll(async () => {
  running = await storeProcess((folder) => {
    data = folder;
    const script = 'mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1" && exec sleep 3600';
    holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh', folder, String(diskBytes)], { stdio: 'ignore' });
    return ['sh', '-c', `until nsenter -t ${holder.pid} -m mountpoint -q "$0"; do sleep 0.05; done; exec nsenter -t ${holder.pid} -m "$@"`, folder];
  });
  const { ca, cert, key } = running.tls;
  store = await etcdStore({ endpoints: [running.endpoint], tls: { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }, clock: systemClock, random: systemRandom, log: silentLog });
});
afterAll(async () => {
  await store?.close();
  await running?.remove();
  await end(holder, 'SIGKILL');
});

/** Writes until the store does not take it any more; gives what it had acknowledged. */
async function writeUntilRefused(prefix: string): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>();
  for (let n = 0; ; n++) {
    const key = `${prefix}${n}`;
    try {
      const { revision } = await store.txn([], [{ kind: 'put', key, value: Buffer.alloc(valueBytes, n) }]);
      acknowledged.set(key, revision);
    } catch (error) {
      if (error instanceof StoreError) return acknowledged;
      throw error;
    }
  }
}

async function missing(acknowledged: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const { values } = await store.range('/full/', { end: '/full0' });
  const present = new Map(values.map(({ key, modRevision }) => [key, modRevision]));
  return [...acknowledged].filter(([key, revision]) => present.get(key) !== revision).map(([key]) => key);
}

test('a store whose disk fills up says so, refuses writes and takes deletions; with room again it takes writes by itself', async () => {
  const filler = join(data, 'filler');
  const { pid } = running;
  await runInside('sh', '-c', `head -c ${diskBytes / 2} /dev/zero > ${filler}`);
  const acknowledged = await writeUntilRefused('/full/a/');
  expect(acknowledged.size).toBeGreaterThan(100);
  expect(running.log()).toContain('the disk is almost full');
  await expect(running.etcdctl(['put', 'more', 'x'], { fails: true })).resolves.toContain('etcdserver: mvcc: database space exceeded');
  expect(await running.etcdctl(['alarm', 'list'])).toMatch(/alarm:NOSPACE/);
  expect(await running.etcdctl(['del', '/full/a/0'])).toBe('1\n');
  acknowledged.delete('/full/a/0');
  expect(await running.etcdctl(['compact', String(acknowledged.size)])).toContain('compacted revision');
  expect(await missing(acknowledged)).toEqual([]);
  await runInside('rm', filler);
  const more = await eventually(() => store.txn([], [{ kind: 'put', key: '/full/b', value: Buffer.from('x') }]), 'the store takes writes');
  expect(more.succeeded).toBe(true);
  expect(await running.etcdctl(['alarm', 'list'])).toBe('');
  expect(running.pid).toBe(pid);
  expect(await missing(acknowledged)).toEqual([]);
});

test('a store whose disk others fill to the last byte has all that it acknowledged once there is room', async () => {
  const filler = join(data, 'filler');
  const acknowledged = new Map<string, number>();
  for (let n = 0; n < 20; n++) acknowledged.set(`/full/c/${n}`, (await store.txn([], [{ kind: 'put', key: `/full/c/${n}`, value: Buffer.from('x') }])).revision);
  await runInside('sh', '-c', `cat /dev/zero > ${filler} || true`);
  for (const [key, revision] of await writeUntilRefused('/full/d/')) acknowledged.set(key, revision);
  // Killed where there is no room, it starts nevertheless or says why not.
  await running.kill('SIGKILL');
  await running.start().catch(() => expect(running.log()).toMatch(/no space left on device|the disk is full/i));
  await running.kill('SIGKILL');
  await runInside('rm', filler);
  await running.start();
  expect(await eventually(() => missing(acknowledged), 'the store answers')).toEqual([]);
  const more = await eventually(() => store.txn([], [{ kind: 'put', key: '/full/e', value: Buffer.from('x') }]), 'the store takes writes');
  expect(more.succeeded).toBe(true);
});
