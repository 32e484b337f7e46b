/** The servers that are compared, started the same way: plain text on loopback, a folder of their own, every write synced. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock, systemRandom } from '@rhythm/base';
import { KVService, MaintenanceService, RangeRequest } from '@rhythm/proto/etcd';
import { etcdStore, type Store } from '@rhythm/store-client';
import { GrpcConnection } from '../lib/grpc-connection.ts';
import { sleep } from '../lib/measure.ts';
import { freePort, node, repository, startProcess, type Started } from '../lib/processes.ts';

export const kinds = ['rhythm', 'etcd'] as const;
export type Kind = (typeof kinds)[number];

/** A fresh folder's server is given this long to answer. */
const startTimeoutMs = 20_000;
/** Room for all revisions of a long run. */
const quotaBytes = 8 * 1024 ** 3;

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

/** One member that is to be started. */
interface Member {
  readonly name: string;
  readonly port: number;
  readonly peerPort: number;
}

/** Starts a server, or several as one cluster, on a folder, new or used, and waits until all answer. Several are spoken to at their leader. */
export async function startServer(kind: Kind, folder: string, members = 1): Promise<Server> {
  mkdirSync(folder, { recursive: true });
  const places: Member[] = [];
  for (let at = 0; at < members; at++) places.push({ name: `m${at}`, port: await freePort(), peerPort: await freePort() });
  const began = performance.now();
  const processes = await Promise.all(places.map((place) => startProcess(...commandOf(kind, join(folder, place.name), place, places), join(folder, `${place.name}.log`))));
  const connections = await Promise.all(places.map(({ port }, at) => firstAnswer(`127.0.0.1:${port}`, began, processes[at] as Started)));
  const startMs = performance.now() - began;
  const leader = members === 1 ? 0 : await leaderOf(connections);
  const endpoint = `127.0.0.1:${places[leader]?.port}`;
  const store = await etcdStore({ endpoints: [endpoint], clock: systemClock, random: systemRandom, log: silentLog });
  return {
    kind,
    endpoint,
    pids: processes.map(({ pid }) => pid),
    unary: connections[leader] as GrpcConnection,
    store,
    startMs,
    end: async (signal) => {
      await store.close();
      for (const connection of connections) connection.close();
      await Promise.all(processes.map((started) => started.end(signal)));
    },
  };
}

async function leaderOf(connections: readonly GrpcConnection[]): Promise<number> {
  const statuses = await Promise.all(connections.map((connection) => connection.call(MaintenanceService.status, {})));
  const at = statuses.findIndex(({ header, leader }) => header?.memberId === leader);
  if (at === -1) throw new Error('no member says that it leads');
  return at;
}

/** Ours as `up` starts it; one member alone has no peers. */
function commandOf(kind: Kind, data: string, { name, port, peerPort }: Member, members: readonly Member[]): [string, string[]] {
  const peer = `http://127.0.0.1:${peerPort}`;
  const initial = members.map((member) => `${member.name}=http://127.0.0.1:${member.peerPort}`).join(',');
  const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', initial];
  const common = ['--name', name, '--data-dir', data, '--quota-backend-bytes', String(quotaBytes)];
  if (kind === 'rhythm') return [node, ['--enable-source-maps', '--max-semi-space-size=16', join(repository, 'apps/store/dist/main.mjs'), ...common, '--port', String(port), ...(members.length > 1 ? peers : [])]];
  const own = `http://127.0.0.1:${port}`;
  return ['etcd', [...common, '--listen-client-urls', own, '--advertise-client-urls', own, ...peers, '--logger', 'zap', '--log-level', 'error']];
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
