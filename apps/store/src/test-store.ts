import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logTo, systemClock, systemRandom } from '@rhythm/base';
import { dialGrpc, Metadata, type CallSettings, type Client, type ClientTls } from '@rhythm/grpc';
import { anyPort } from '@rhythm/grpc/testing';
import { KVClient } from '@rhythm/proto/etcd';
import { start, type RunningStore, type StoreConfig } from './start.ts';

/** A store on a folder and a port of its own, for tests. */
export interface TestStore {
  readonly client: Client;
  /** Everything it has logged, as text. */
  readonly lines: string[];
  /** Another connection, for instance with another certificate. */
  dial(tls?: ClientTls): Client;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function testStore(config: Partial<Pick<StoreConfig, 'tls' | 'auth'>> = {}, tls?: ClientTls): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rhythm-store-'));
  const lines: string[] = [];
  const log = logTo((level, message, fields) => void lines.push(`${level} ${message} ${JSON.stringify(fields, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`));
  const begin = (port: number): Promise<RunningStore> => start({ name: 'a', dataDir, host: '127.0.0.1', port, auth: { bcryptCost: 4 }, ...config }, { clock: systemClock, random: systemRandom, log });
  // It comes back on its port.
  let store = await begin(await anyPort());
  const { port } = store;
  const clients: Client[] = [];
  const dial = (with_ = tls): Client => {
    const client = dialGrpc(KVClient, { targets: `127.0.0.1:${port}`, ...(with_ === undefined ? {} : { tls: with_ }) });
    clients.push(client);
    return client;
  };
  return {
    client: dial(),
    lines,
    dial,
    restart: async () => {
      await store.stop();
      store = await begin(port);
    },
    stop: async () => {
      for (const client of clients) client.close();
      await store.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** A call in the name of whoever has the token. */
export function withToken(token: string, header = 'token'): CallSettings {
  const metadata = new Metadata();
  metadata.set(header, token);
  return { metadata };
}
