import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { levelSpaces } from '@rhythm/disk';
import { dialGrpc, unary, type Client } from '@rhythm/grpc';
import { anyPort } from '@rhythm/grpc/testing';
import { dataFamily, decodeKeyValue, encodeKeyValue } from '@rhythm/mvcc';
import { KVClient, KVService, MaintenanceService } from '@rhythm/proto/etcd';
import { start, type RunningStore, type StoreConfig } from '../start.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Changes a stored value behind the store's back: what a disk that lies does. */
async function damage(dataDir: string): Promise<void> {
  const space = await levelSpaces(dataDir).open();
  for await (const slice of space.entries(dataFamily.start, dataFamily.end)) {
    for (const [key, value] of slice) {
      const kv = decodeKeyValue(value);
      if (Buffer.from(kv.key).toString() === 'b') await space.batch([{ key, value: encodeKeyValue({ ...kv, value: Buffer.from('evil') }) }], true);
    }
  }
  await space.close();
}

test('a member whose state was changed does not serve when it looks first, and is found by the leader when it does not', async () => {
  const root = mkdtempSync(join(tmpdir(), 'rhythm-corrupt-'));
  cleanups.push(() => rmSync(root, { recursive: true, force: true }));
  const names = ['a', 'b', 'c'];
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await anyPort());
  const urlOf = (name: string): string => `http://127.0.0.1:${ports.get(name)}`;
  const running = new Map<string, RunningStore>();
  cleanups.push(() => Promise.all([...running.values()].map((store) => store.stop())));
  const run = async (name: string, corruptCheck?: StoreConfig['corruptCheck']): Promise<void> => {
    const store = await start(
      {
        name,
        dataDir: join(root, name),
        host: '127.0.0.1',
        port: 0,
        peers: { host: '127.0.0.1', port: ports.get(name) ?? 0 },
        cluster: { initialClusterState: 'new', initialClusterToken: 't', advertisePeerUrls: [urlOf(name)], initialCluster: names.map((each) => `${each}=${urlOf(each)}`).join(',') },
        ...(corruptCheck === undefined ? {} : { corruptCheck }),
      },
      { clock: systemClock, random: systemRandom, log: silentLog },
    );
    running.set(name, store);
  };
  const everySecond = { initial: true, everyMs: 200 };
  await Promise.all(names.map((name) => run(name, everySecond)));
  const dial = (name: string): Client => {
    const client = dialGrpc(KVClient, { targets: `127.0.0.1:${running.get(name)?.port}` });
    cleanups.push(() => client.close());
    return client;
  };
  const client = dial('a');
  const put = (key: string): Promise<unknown> => unary(client, KVService.put, { key: Buffer.from(key), value: Buffer.from('1'), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false });
  for (const key of ['a', 'b', 'c']) await put(key);
  const alarms = async (): Promise<unknown> => (await unary(client, MaintenanceService.alarm, { action: 0, memberID: 0n, alarm: 0 })).alarms;
  const { header } = await unary(dial('c'), MaintenanceService.status, {});
  await running.get('c')?.stop();
  running.delete('c');
  expect(await alarms()).toEqual([]);
  await damage(join(root, 'c'));
  await expect(run('c', everySecond)).rejects.toThrow('the state differs from that of');
  await run('c');
  await expect.poll(alarms, { timeout: 60_000, interval: 100 }).toEqual([{ memberID: header?.memberId, alarm: 2 }]);
  await expect(put('d')).rejects.toThrow('etcdserver: corrupt cluster');
});
