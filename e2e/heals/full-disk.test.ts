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
    const script = 'mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1" && exec sleep 300';
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

test('a store whose disk is full says so and ends; with room again it has all that it acknowledged, and takes writes', async () => {
  const filler = join(data, 'filler');
  await runInside('sh', '-c', `head -c ${diskBytes / 2} /dev/zero > ${filler}`);
  const acknowledged = await writeUntilRefused('/full/a/');
  expect(acknowledged.size).toBeGreaterThan(100);
  await eventually(async () => /no space left on device|the disk is full/i.test(running.log().trimEnd().split('\n').at(-1) ?? ''), 'the store says why it ended');
  // Started while there is no room it ends again, with the same reason, and harms nothing.
  await expect(running.start()).rejects.toThrow(/no space left on device|the disk is full/i);
  await runInside('rm', filler);
  await running.start();
  expect(await missing(acknowledged)).toEqual([]);
  const more = await eventually(() => store.txn([], [{ kind: 'put', key: '/full/b', value: Buffer.from('x') }]), 'the store takes writes');
  expect(more.succeeded).toBe(true);
});
