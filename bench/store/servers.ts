/** The servers that are compared, started the same way: plain text on loopback, a folder of their own, every write synced. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { KVService, RangeRequest } from '@rhythm/proto/etcd';
import { etcdStore, type Store } from '@rhythm/store-client';
import { GrpcConnection } from '../lib/grpc-connection.ts';
import { sleep } from '../lib/measure.ts';
import { freePort, node, repository, startProcess, type Started } from '../lib/processes.ts';

export const kinds = ['rhythm', 'etcd'] as const;
export type Kind = (typeof kinds)[number];

/** A fresh folder's server is given this long to answer. */
const startTimeoutMs = 20_000;

/** One server that runs. */
export interface Server {
  readonly kind: Kind;
  readonly endpoint: string;
  readonly pids: readonly number[];
  /** A cheap connection with unary calls, as any etcd client makes them. */
  readonly unary: GrpcConnection;
  /** The apiserver's client: transactions in batches on one stream with ours, unary calls with etcd. */
  readonly store: Store;
  /** From the start of the process to the first linearizable answer. */
  readonly startMs: number;
  /** Ends the process; the folder stays. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A folder for a server's data, to be removed by `remove`. */
export function dataFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-bench-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts a server on a folder, new or used, and waits until it answers. */
export async function startServer(kind: Kind, folder: string): Promise<Server> {
  mkdirSync(folder, { recursive: true });
  const [client, peer] = [await freePort(), await freePort()];
  const endpoint = `127.0.0.1:${client}`;
  const began = performance.now();
  const [command, args] = commandOf(kind, join(folder, 'data'), client, peer);
  const started = await startProcess(command, args, join(folder, `${kind}.log`));
  const unary = await firstAnswer(endpoint, began, started);
  const startMs = performance.now() - began;
  const store = await etcdStore({ endpoints: [endpoint], clock: systemClock, random: systemRandom, log: silentLog });
  return {
    kind,
    endpoint,
    pids: [started.pid],
    unary,
    store,
    startMs,
    end: async (signal) => {
      await store.close();
      unary.close();
      await started.end(signal);
    },
  };
}

function commandOf(kind: Kind, data: string, port: number, peerPort: number): [string, string[]] {
  // As `up` starts it.
  if (kind === 'rhythm') return [node, ['--enable-source-maps', '--max-semi-space-size=4', join(repository, 'apps/store/dist/main.mjs'), '--data-dir', data, '--port', String(port)]];
  const [own, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const clients = ['--listen-client-urls', own, '--advertise-client-urls', own];
  const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`];
  return ['etcd', ['--data-dir', data, ...clients, ...peers, '--quota-backend-bytes', String(8 * 1024 ** 3), '--logger', 'zap', '--log-level', 'error']];
}

async function firstAnswer(endpoint: string, began: number, started: Started): Promise<GrpcConnection> {
  for (;;) {
    try {
      const connection = await GrpcConnection.open(endpoint);
      await connection.call(KVService.range, RangeRequest.fromPartial({ key: Buffer.from('a') }));
      return connection;
    } catch (error) {
      if (performance.now() - began > startTimeoutMs) throw new Error(`${endpoint} does not answer: ${started.output().slice(-2_000)}`, { cause: error });
      await sleep(2);
    }
  }
}
