import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { dialGrpc, unary, type Client } from '@rhythm/grpc';
import { anyPort } from '@rhythm/grpc/testing';
import { ClusterService, KVClient, KVService, MaintenanceService } from '@rhythm/proto/etcd';
import { start, type RunningStore } from '../start.ts';
import { restoreSnapshot, type RestoreOptions } from './restore-snapshot.ts';
import { saveSnapshot } from './save-snapshot.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const ports = { clock: systemClock, random: systemRandom, log: silentLog };

function dial(store: RunningStore): Client {
  const client = dialGrpc(KVClient, { targets: `127.0.0.1:${store.port}` });
  cleanups.push(() => client.close());
  return client;
}

const put = (client: Client, key: string) => unary(client, KVService.put, { key: Buffer.from(key), value: Buffer.from('1'), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false });
const get = async (client: Client, key: string): Promise<string | undefined> => {
  const zero = { limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n } as const;
  const { kvs } = await unary(client, KVService.range, { key: Buffer.from(key), rangeEnd: new Uint8Array(0), ...zero });
  return kvs[0] === undefined ? undefined : Buffer.from(kvs[0].value).toString();
};

test('three members begin anew from one snapshot, under ids that the cluster before does not have', async () => {
  const root = mkdtempSync(join(tmpdir(), 'rhythm-restore-'));
  cleanups.push(() => rmSync(root, { recursive: true, force: true }));
  const first = await start({ name: 'a', dataDir: join(root, 'first'), host: '127.0.0.1', port: 0 }, ports);
  const client = dial(first);
  for (let at = 0; at < 20; at++) await put(client, `key-${at}`);
  const path = join(root, 'snapshot.db');
  await saveSnapshot(client, path);
  const before = await unary(client, MaintenanceService.status, {});
  await first.stop();

  const names = ['a', 'b', 'c'];
  const urls = new Map<string, string>();
  for (const name of names) urls.set(name, `http://127.0.0.1:${await anyPort()}`);
  const initialCluster = names.map((name) => `${name}=${urls.get(name)}`).join(',');
  const options = (name: string): RestoreOptions => ({
    path, dataDir: join(root, name), name, initialCluster, initialAdvertisePeerUrls: [urls.get(name) ?? ''], initialClusterToken: 'etcd-cluster', skipHashCheck: false, bumpRevision: 1000, markCompacted: true,
  });
  const restored = await Promise.all(names.map((name) => restoreSnapshot(options(name))));
  expect(new Set(restored.map(({ clusterId }) => clusterId)).size).toBe(1);
  expect(new Set(restored.map(({ memberId }) => memberId)).size).toBe(3);
  expect(restored[0]?.clusterId).not.toBe(before.header?.clusterId);
  await expect(restoreSnapshot(options('a'))).rejects.toThrow('is not empty: a snapshot is restored into a new folder only');
  await expect(restoreSnapshot({ ...options('a'), name: 'd' })).rejects.toThrow('the initial cluster has no member "d"');
  await expect(restoreSnapshot({ ...options('a'), initialAdvertisePeerUrls: ['http://127.0.0.1:1'] })).rejects.toThrow('--initial-advertise-peer-urls says http://127.0.0.1:1');

  const stores = await Promise.all(
    names.map((name) => {
      const port = Number(new URL(urls.get(name) ?? '').port);
      return start({ name, dataDir: join(root, name), host: '127.0.0.1', port: 0, peers: { host: '127.0.0.1', port } }, ports);
    }),
  );
  cleanups.push(() => Promise.all(stores.map((store) => store.stop())));
  const clients = stores.map(dial);
  for (const each of clients) expect(await get(each, 'key-19')).toBe('1');
  const [one, two] = clients as [Client, Client];
  const { header } = await put(one, 'new');
  expect(header?.revision).toBe((before.header?.revision ?? 0n) + 1001n);
  expect(await get(two, 'new')).toBe('1');
  const { members } = await unary(two, ClusterService.memberList, { linearizable: true });
  expect(members.map(({ name, peerURLs }) => `${name}=${peerURLs.join()}`).sort()).toEqual(initialCluster.split(',').sort());
});
