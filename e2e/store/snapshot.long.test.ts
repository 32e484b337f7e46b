import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dialGrpc, unary, type Client } from '@rhythm/grpc';
import { KVClient, KVService, type PutRequest } from '@rhythm/proto/etcd';
import { etcdctl } from './etcd-process.ts';
import { storeProcess, type StoreProcess } from './store-process.ts';

const keys = 100_000;
const valueBytes = 1024;
const megabyte = 1024 * 1024;

let store: StoreProcess;
let client: Client;
beforeAll(async () => {
  store = await storeProcess();
  const file = (path: string): Buffer => readFileSync(path);
  client = dialGrpc(KVClient, { targets: store.endpoint, tls: { ca: file(store.tls.ca), cert: file(store.tls.cert), key: file(store.tls.key) } });
});
afterAll(async () => {
  client.close();
  await store.remove();
});

const value = Buffer.alloc(valueBytes, 'v');
const put = (key: string): Promise<unknown> => unary(client, KVService.put, { key: Buffer.from(key), value, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false } satisfies PutRequest);

/** Resident memory of the store's process, now. */
function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${store.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

test('a snapshot of 100,000 keys needs little memory, and reads and writes go on meanwhile', async () => {
  for (let at = 0; at < keys; at += 500) await Promise.all(Array.from({ length: 500 }, (_, more) => put(`key-${String(at + more).padStart(6, '0')}`)));
  const before = residentBytes();
  const path = join(store.folder, 'large.db');
  let isDone = false;
  const saved = store.etcdctl(['--command-timeout=120s', 'snapshot', 'save', path]).finally(() => (isDone = true));
  saved.catch(() => undefined);
  const savedFrom = performance.now();
  let [most, slowestMs, writes] = [before, 0, 0];
  while (!isDone) {
    const from = performance.now();
    await put('meanwhile');
    slowestMs = Math.max(slowestMs, performance.now() - from);
    writes++;
    most = Math.max(most, residentBytes());
  }
  await saved;
  const wholeMs = performance.now() - savedFrom;
  const status = JSON.parse(await etcdctl(['snapshot', 'status', path, '-w', 'json'])) as { revision: number; totalSize: number };
  console.log(`snapshot of ${Math.round(status.totalSize / megabyte)} MiB: memory ${Math.round(before / megabyte)} MiB before, at most ${Math.round(most / megabyte)} MiB during; ${writes} writes, the slowest ${Math.round(slowestMs)} ms`);
  expect(status.totalSize).toBeGreaterThan(keys * valueBytes);
  expect(status.revision).toBeGreaterThanOrEqual(keys + 1);
  // Buffers that wait to be collected are about 130 MiB whatever is saved; holding the file as well would be as much again.
  expect(most - before).toBeLessThan(200 * megabyte);
  expect(writes).toBeGreaterThan(20);
  // None waits for the end.
  expect(slowestMs).toBeLessThan(wholeMs / 2);
});
