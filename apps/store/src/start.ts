import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log, Random } from '@rhythm/base';
import { levelSpaces, nodeFiles } from '@rhythm/disk';
import { servePages } from '@rhythm/telemetry';
import { guarded, healthService, metered, serveGrpc, type ServerTls } from '@rhythm/grpc';
import { Gate } from './auth/gate.ts';
import { managementGuard } from './auth/guards.ts';
import { JwtTokens } from './auth/jwt-tokens.ts';
import { bcryptCosts, Passwords } from './auth/passwords.ts';
import { SimpleTokens } from './auth/simple-tokens.ts';
import type { TokenOptions } from './auth/token-options.ts';
import { electionService } from './concurrency/election.ts';
import { lockService } from './concurrency/lock.ts';
import { quotaOf } from './alarms/quota.ts';
import { autoCompact, compactable } from './compaction/auto-compactor.ts';
import type { Retention } from './compaction/retention.ts';
import { checkAtStart, checkedGroup, checkPeriodically } from './corruption/corruption-check.ts';
import { Host } from './host/host.ts';
import type { WatchedCertificates } from './certificates.ts';
import { bootstrap, type ClusterConfig } from './members/bootstrap.ts';
import { LeaderWatch } from './members/leader-watch.ts';
import { learnerGuard } from './members/learner-guard.ts';
import { GroupOperations } from './members/operations.ts';
import { publishSelf } from './members/publish.ts';
import { servePeers, type PeerConfig } from './peers/serve-peers.ts';
import { directoryRoom } from './space/directory-room.ts';
import { DiskGuard, releaseWhenFull } from './space/disk-guard.ts';
import { meteredFiles, RoomMeter } from './space/room-meter.ts';
import { operationPages } from './operations/pages.ts';
import { StoreMetrics } from './operations/store-metrics.ts';
import { timedFiles, timedSpaces } from './operations/timed-disk.ts';
import { StoreBackend } from './services/backend.ts';
import { authService } from './services/auth.ts';
import { clusterService } from './services/cluster.ts';
import type { Backend } from './services/header.ts';
import { KeyValues, kvService } from './services/kv.ts';
import { leaseGranter, leaseService } from './services/lease.ts';
import { maintenanceService } from './services/maintenance.ts';
import { transactionsService } from './services/transactions.ts';
import { watchService } from './services/watch.ts';
import { Changes } from './watch/changes.ts';
import { WatchHub } from './watch/hub.ts';

/** Largest gRPC message taken: etcd's request limit and its allowance for the envelope. */
const receiveBytesMax = 2 * 1024 * 1024;
/** How long calls in flight may take to end when the store stops. */
const stopGraceMs = 1000;
/** How long a simple token is good after its last use, as etcd's default. */
export const tokenTtlSecondsDefault = 300;

export interface StoreConfig {
  readonly name: string;
  readonly dataDir: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Plain text without it. */
  readonly tls?: ServerTls;
  /** Takes the place of the certificates in `tls` whenever its files change. */
  readonly certificates?: WatchedCertificates;
  /** Where clients reach this member, as the others tell; by default where it listens. */
  readonly advertiseClientUrls?: readonly string[];
  /** By default a cluster of its own. */
  readonly cluster?: ClusterConfig;
  /** Where other members reach this one; without it, it stays alone. */
  readonly peers?: PeerConfig;
  /** How users sign in, once authentication is on; by default with simple tokens. */
  readonly auth?: { readonly tokenOptions?: TokenOptions; readonly tokenTtlSeconds?: number; readonly bcryptCost?: number };
  /** Bytes of live keys and values from which on only deletions and compactions are taken, as etcd's flag: 0 is its default, less than 0 no limit. */
  readonly quotaBackendBytes?: number;
  /** When history is thrown away by itself; never without it. */
  readonly retention?: Retention;
  /** How often watches that asked for it hear that nothing happened; by default every ten minutes. */
  readonly progressNotifyMs?: number;
  /** Comparing this member's state with that of others: before it serves, and while it leads every so often (0: never). */
  readonly corruptCheck?: { readonly initial: boolean; readonly everyMs: number };
  /** Where metrics and health are served, in plain HTTP; port 0 picks a free one. Nowhere without it. */
  readonly metrics?: { readonly host: string; readonly port: number };
  /** For tests: the length at which a log segment is closed. */
  readonly segmentBytesMax?: number;
}

export interface StorePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** See `HostOptions`; by default the end of the current task. */
  readonly nextTurn?: (callback: () => void) => void;
}

export interface RunningStore {
  readonly port: number;
  /** Rejects when the store cannot go on: its disk failed. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** Starts a member on its data directory and serves the etcd v3 API. Rejects when the directory or the address cannot be used. */
export async function start(config: StoreConfig, ports: StorePorts): Promise<RunningStore> {
  const { clock, random, log } = ports;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const room = directoryRoom(config.dataDir);
  await releaseWhenFull(room, log);
  const meter = new RoomMeter(room);
  const quotaBytes = quotaOf(config.quotaBackendBytes ?? 0, log);
  const cluster = config.cluster ?? { initialClusterState: 'new', initialClusterToken: 'etcd-cluster', advertisePeerUrls: [] };
  const { identity, founders } = await bootstrap(config.dataDir, config.name, cluster, { clock, random, log, peerTls: config.peers?.certificates?.current });
  const metrics = new StoreMetrics(clock);
  const files = meteredFiles(timedFiles(await nodeFiles(join(config.dataDir, 'log')), clock, metrics.walFsync), meter);
  const { tokenOptions = { kind: 'simple' }, tokenTtlSeconds = tokenTtlSecondsDefault, bcryptCost = bcryptCosts.default } = config.auth ?? {};
  const tokens = tokenOptions.kind === 'simple' ? new SimpleTokens(clock, tokenTtlSeconds * 1000) : new JwtTokens(tokenOptions, clock);
  const peers = config.peers === undefined ? undefined : await servePeers(config.peers, identity, ports);
  const group: GroupOperations = new GroupOperations(() => host, clock, cluster.initialClusterToken);
  const host = await Host.start({
    id: identity.memberId,
    clusterId: identity.clusterId,
    founders,
    ...(peers === undefined ? {} : { transport: peers.transport }),
    answer: group.answer,
    files,
    spaces: timedSpaces(levelSpaces(config.dataDir), clock, metrics.backendCommit),
    ...(tokens instanceof SimpleTokens ? { tokens } : {}),
    clock,
    random,
    log,
    ...(ports.nextTurn === undefined ? {} : { nextTurn: ports.nextTurn }),
    ...(quotaBytes === undefined ? {} : { quotaBytes }),
    diskIsLow: () => meter.low(),
    ...(config.segmentBytesMax === undefined ? {} : { segmentBytesMax: config.segmentBytesMax }),
  }).catch(async (error: unknown) => {
    await peers?.stop();
    throw error;
  });
  const checked = checkedGroup(host);
  if (config.corruptCheck?.initial === true) {
    await checkAtStart(checked, log).catch(async (error: unknown) => {
      await host.stop();
      await peers?.stop();
      throw error;
    });
  }
  const corruption = checkPeriodically(checked, config.corruptCheck?.everyMs ?? 0, clock, log);
  const address = { port: config.port };
  const scheme = config.tls === undefined ? 'http' : 'https';
  const gate = new Gate({
    machine: () => host.state.auth.machine,
    tokens,
    passwords: new Passwords(bcryptCost),
    certificates: config.tls?.requireClientCert === true,
    log,
    linearizable: () => host.linearizable(),
    assign: async (user, digest, checkedRevision) =>
      (await host.propose({ $case: 'auth', value: { change: { $case: 'assignToken', value: { user, digest, checkedRevision: BigInt(checkedRevision) } } } })).index,
  });
  const backend: Backend = new StoreBackend({ host, identity, gate, group, quotaBytes });
  const guard = managementGuard(backend);
  const voters = learnerGuard(host);
  const leaders = new LeaderWatch(host, clock);
  const hub = new WatchHub(backend, clock, config.progressNotifyMs);
  const kv = new KeyValues(backend, clock);
  const changes = new Changes(host);
  const concurrency = { kv, changes, grant: leaseGranter(backend, random) };
  metrics.observe(backend, hub, kv);
  const compactor = autoCompact(config.retention ?? { mode: 'off' }, compactable(host), clock, log);
  const health = healthService();
  const diskGuard = new DiskGuard({ room, meter, host, quotaBytes, clock, log });
  const stopping = new AbortController();
  const services = [
    guarded(kvService(kv), leaders.guard),
    guarded(guarded(watchService(backend, hub, leaders), voters), leaders.guard),
    guarded(guarded(leaseService(backend, random), voters), leaders.guard),
    guarded(guarded(clusterService(backend), guard), voters),
    guarded(maintenanceService(backend), guard),
    guarded(authService(backend), voters),
    guarded(lockService(concurrency), voters),
    guarded(electionService(concurrency), voters),
    transactionsService(kv, stopping.signal),
    health.service,
  ].map((service) => metered(service, metrics.meter));
  // A burst of calls on one connection is what load looks like here; etcd has no limit either.
  const server = await serveGrpc({ ...config, services, receiveBytesMax, streamsMax: 100_000, clock, engine: 'lean' }).catch(async (error: unknown) => {
    compactor.stop();
    corruption.stop();
    diskGuard.stop();
    await host.stop();
    await peers?.stop();
    throw error;
  });
  address.port = server.port;
  const pages = config.metrics === undefined ? undefined : await servePages(config.metrics.host, config.metrics.port, operationPages(backend, metrics.registry)).catch(async (error: unknown) => {
    compactor.stop();
    corruption.stop();
    await server.stop(0);
    await host.stop();
    await peers?.stop();
    throw error;
  });
  if (pages !== undefined) log.info('serving metrics', { host: config.metrics?.host, port: pages.port });
  config.certificates?.onChange(({ cert, key, ca }) => server.setTls({ cert, key, clientCa: ca }));
  void publishSelf({ group, host, clock, log, name: identity.name, clientUrls: config.advertiseClientUrls ?? [`${scheme}://${urlHost(config.host)}:${address.port}`], peerUrls: cluster.advertisePeerUrls, signal: stopping.signal });
  log.info('serving', { host: config.host, port: server.port, member: identity.memberId.toString(16), cluster: identity.clusterId.toString(16) });
  host.failed.catch(() => health.set('', false));
  return {
    port: server.port,
    failed: host.failed,
    stop: async () => {
      health.set('', false);
      stopping.abort();
      compactor.stop();
      corruption.stop();
      diskGuard.stop();
      leaders.stop();
      hub.stop();
      changes.stop();
      await pages?.stop();
      await server.stop(stopGraceMs);
      await host.stop();
      await peers?.stop();
      config.certificates?.stop();
      config.peers?.certificates?.stop();
    },
  };
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
