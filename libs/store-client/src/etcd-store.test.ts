import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { anyPort } from '@rhythm/grpc/testing';
import { start } from '@rhythm/store';
import { etcdStore } from './etcd-store.ts';
import { progressOf } from './probe.ts';
import type { Store, StoreError, WatchBatch } from './store.ts';
import { storeSuite } from './suite.ts';

const ports = { clock: systemClock, random: systemRandom, log: silentLog };
const directory = (): string => mkdtempSync(join(tmpdir(), 'rhythm-store-'));
const connect = (port: number): Promise<Store> => etcdStore({ endpoints: [`127.0.0.1:${port}`], ...ports });

storeSuite('our own', async () => {
  const dataDir = directory();
  const server = await start({ name: 'a', dataDir, host: '127.0.0.1', port: 0 }, ports);
  const store = await connect(server.port);
  expect(store.progressMode()).toBe('pushed');
  return {
    store,
    close: async () => {
      await store.close();
      await server.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
});

/** Debian's etcd-server; the test run installs it. */
storeSuite('etcd', async () => {
  const dataDir = directory();
  const [client, peer] = await Promise.all([anyPort(), anyPort()]);
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const etcd = spawn(
    'etcd',
    ['--data-dir', dataDir, '--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`, '--log-level', 'error'],
    { stdio: 'ignore' },
  );
  const ended = new Promise<never>((_resolve, reject) => {
    etcd.once('error', (error) => reject(new Error('etcd does not start; it is in the Debian package etcd-server', { cause: error })));
    etcd.once('exit', (code) => reject(new Error(`etcd ended with ${code}`)));
  });
  ended.catch(() => undefined);
  const store = await Promise.race([connect(client), ended]);
  return {
    store,
    close: async () => {
      await store.close();
      etcd.removeAllListeners('exit');
      const exited = new Promise((resolve) => etcd.once('exit', resolve));
      etcd.kill('SIGKILL');
      await exited;
      rmSync(dataDir, { recursive: true });
    },
  };
});

it('knows which versions of etcd tell progress truthfully', () => {
  expect(['3.4.23', '3.4.31', '3.5.12', '3.5.13', '3.6.0', '3.5.0-rc.1', '4.0.0', '2.3.8'].map(progressOf)).toEqual([
    'none', 'requested', 'none', 'requested', 'requested', 'none', 'requested', 'none',
  ]);
});

it('continues watches and reads when the store comes back', async () => {
  const dataDir = directory();
  const put = (store: Store, value: number) => store.txn([], [{ kind: 'put', key: '/a', value: Uint8Array.of(value) }]);
  const first = await start({ name: 'a', dataDir, host: '127.0.0.1', port: await anyPort() }, ports);
  const store = await connect(first.port);
  const { revision } = await put(store, 1);
  const batches = store.watch('/a', revision)[Symbol.asyncIterator]();
  const seen: number[] = [];
  const see = async (until: number): Promise<void> => {
    while (seen.at(-1) !== until) {
      const next = (await batches.next()) as IteratorYieldResult<WatchBatch>;
      for (const event of next.value.events) seen.push(event.value[0] ?? 0);
    }
  };
  await see(1);
  await first.stop();
  const second = await start({ name: 'a', dataDir, host: '127.0.0.1', port: first.port }, ports);
  expect((await store.range('/a')).values[0]?.value[0]).toBe(1);
  await put(store, 2);
  await put(store, 3);
  await see(3);
  expect(seen).toEqual([1, 2, 3]);
  await store.close();
  await second.stop();
  rmSync(dataDir, { recursive: true });
});

it('puts many large writes at once, and refuses one that is too large without harm to the others', async () => {
  const dataDir = directory();
  const server = await start({ name: 'a', dataDir, host: '127.0.0.1', port: 0 }, ports);
  const store = await connect(server.port);
  const put = (key: string, bytes: number): Promise<boolean> => store.txn([], [{ kind: 'put', key, value: new Uint8Array(bytes) }]).then(({ succeeded }) => succeeded);
  const tooLarge = put('/large', 4 * 1024 * 1024).then(() => 'taken', (error: StoreError) => error.kind);
  const written = await Promise.all(Array.from({ length: 40 }, (_, index) => put(`/many/${index}`, 200_000)));
  expect(written.every(Boolean)).toBe(true);
  expect(await tooLarge).toBe('TooLarge');
  await store.close();
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

it('says what is wrong when nobody answers', async () => {
  const port = await anyPort();
  await expect(etcdStore({ endpoints: [`127.0.0.1:${port}`], ...ports, connectTimeoutMs: 50 })).rejects.toMatchObject({ kind: 'Unavailable' });
});
