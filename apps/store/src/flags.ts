import { readFileSync } from 'node:fs';
import type { Clock, Log } from '@rhythm/base';
import { FlagError, parseFlags } from '@rhythm/config';
import { bcryptCosts } from './auth/passwords.ts';
import { parseTokenOptions } from './auth/token-options.ts';
import { durationMs, parseRetention } from './compaction/retention.ts';
import { WatchedCertificates } from './certificates.ts';
import { isLoopback, parseMemberUrl, type MemberUrl } from './peers/addresses.ts';
import { tokenTtlSecondsDefault, type StoreConfig } from './start.ts';

/** Comparing states reads all of them. */
const corruptCheckMsMin = 1000;

/** etcd's names where it has one. */
export const flags = {
  name: { type: 'string', help: 'name of this member', default: 'default' },
  'data-dir': { type: 'string', help: 'folder of all state', required: true },
  host: { type: 'string', help: 'address to listen on for clients', default: '127.0.0.1' },
  port: { type: 'number', help: 'port to listen on for clients, 0 for a free one', default: 2379 },
  'listen-client-urls': { type: 'string', help: 'the same as one URL, http://HOST:PORT or https://HOST:PORT, instead of --host and --port' },
  'advertise-client-urls': { type: 'list', help: 'where clients reach this member, told to them by all members (default: where it listens)' },
  'cert-file': { type: 'string', help: 'certificate for clients (PEM), read again when it changes; without the three files the store speaks plain text on loopback only' },
  'key-file': { type: 'string', help: 'key of the certificate (PEM)' },
  'client-ca-file': { type: 'string', help: 'CA that client certificates must come from (PEM)' },
  'listen-peer-urls': { type: 'string', help: 'where this member listens for others, as one URL; without it, it stays alone' },
  'initial-advertise-peer-urls': { type: 'list', help: 'where the others reach this member (default: where it listens)' },
  'peer-cert-file': { type: 'string', help: 'certificate towards other members, as server and as client (PEM), read again when it changes' },
  'peer-key-file': { type: 'string', help: 'key of the certificate (PEM)' },
  'peer-trusted-ca-file': { type: 'string', help: "CA that other members' certificates must come from (PEM); need not be that of the clients" },
  'initial-cluster': { type: 'string', help: 'all members, NAME=URL with commas; counts on the first start only' },
  'initial-cluster-state': { type: 'string', help: 'new, or existing for a member that was added to a cluster', default: 'new' },
  'initial-cluster-token': { type: 'string', help: 'sets clusters of the same members apart', default: 'etcd-cluster' },
  'auth-token': { type: 'string', help: 'how signed-in users are known: simple, or jwt,sign-method=…,priv-key=FILE,pub-key=FILE,ttl=5m', default: 'simple' },
  'auth-token-ttl': { type: 'number', help: 'seconds that a simple token is good after its last use', default: tokenTtlSecondsDefault },
  'bcrypt-cost': { type: 'number', help: `cost of hashing passwords, ${bcryptCosts.min} to ${bcryptCosts.max}`, default: bcryptCosts.default },
  'quota-backend-bytes': { type: 'number', help: 'bytes of live keys and values from which on nothing more is taken in; 0: 2 GiB, below 0: no limit', default: 0 },
  'auto-compaction-mode': { type: 'string', help: 'periodic or revision', default: 'periodic' },
  'auto-compaction-retention': { type: 'string', help: 'history to keep: hours or a duration such as 30m (periodic), or a number of revisions; 0: all of it', default: '0' },
  'watch-progress-notify-interval': { type: 'string', help: 'how often watches that asked for it hear that nothing happened, at least 100ms', default: '10m' },
  'experimental-initial-corrupt-check': { type: 'boolean', help: 'compare the state with that of the other members before serving, and refuse to when it differs' },
  'experimental-corrupt-check-time': { type: 'string', help: 'how often the leader compares the states of the members, such as 1h; 0: never', default: '0' },
  'metrics-host': { type: 'string', help: 'address to serve metrics and health on, in plain HTTP', default: '127.0.0.1' },
  'metrics-port': { type: 'number', help: 'port to serve /metrics, /health, /readyz, /livez and /version on, 0 for a free one; none without it' },
  'listen-metrics-urls': { type: 'string', help: 'the same as one URL, http://HOST:PORT' },
  'endpoint-file': { type: 'string', help: 'written with host:port once the store serves' },
} as const;

type Given = ReturnType<typeof parseFlags<typeof flags>>;

/** The configuration that a command line describes. Throws for flags that do not go together. */
export async function storeConfig(argv: readonly string[], clock: Clock, log: Log): Promise<{ readonly config: StoreConfig; readonly endpointFile: string | undefined }> {
  const given = parseFlags(flags, argv);
  const listen = given['listen-client-urls'] === undefined ? undefined : oneUrl('listen-client-urls', given['listen-client-urls']);
  const host = listen?.host ?? given.host;
  const certificates = await certificatesOf(given, ['cert-file', 'key-file', 'client-ca-file'], clock, log);
  if (listen !== undefined && listen.isTls !== (certificates !== undefined)) throw new FlagError('--listen-client-urls is https exactly when certificates are given');
  if (certificates === undefined && !isLoopback(host)) throw new FlagError(`without certificates the store serves loopback only, not ${host}`);
  const config: StoreConfig = {
    name: given.name,
    dataDir: given['data-dir'],
    host,
    port: listen?.port ?? given.port,
    auth: authOf(given),
    progressNotifyMs: progressNotifyOf(given),
    quotaBackendBytes: given['quota-backend-bytes'],
    retention: parseRetention(given['auto-compaction-mode'], given['auto-compaction-retention']),
    ...(given['advertise-client-urls'] === undefined ? {} : { advertiseClientUrls: checked('advertise-client-urls', given['advertise-client-urls']) }),
    ...(certificates === undefined ? {} : { certificates, tls: { cert: certificates.current.cert, key: certificates.current.key, clientCa: certificates.current.ca, requireClientCert: true } }),
    corruptCheck: { initial: given['experimental-initial-corrupt-check'], everyMs: corruptCheckMsOf(given) },
    ...metricsOf(given),
    ...(await peersOf(given, clock, log)),
  };
  return { config, endpointFile: given['endpoint-file'] };
}

/** As etcd, which takes no less than 100 ms. */
const progressNotifyMsMin = 100;

function progressNotifyOf(given: Given): number {
  const ms = durationMs(given['watch-progress-notify-interval']);
  if (ms === undefined || ms < progressNotifyMsMin) throw new FlagError('--watch-progress-notify-interval is a duration such as 10m, at least 100ms');
  return ms;
}

async function peersOf(given: Given, clock: Clock, log: Log): Promise<Pick<StoreConfig, 'cluster' | 'peers'>> {
  const certificates = await certificatesOf(given, ['peer-cert-file', 'peer-key-file', 'peer-trusted-ca-file'], clock, log);
  const initialClusterState = given['initial-cluster-state'];
  if (initialClusterState !== 'new' && initialClusterState !== 'existing') throw new FlagError(`--initial-cluster-state is new or existing, not "${initialClusterState}"`);
  const text = given['listen-peer-urls'];
  if (text === undefined) {
    if (given['initial-cluster'] !== undefined || given['initial-advertise-peer-urls'] !== undefined) throw new FlagError('a member of a cluster needs --listen-peer-urls');
    return {};
  }
  const listen = oneUrl('listen-peer-urls', text);
  if (listen.isTls !== (certificates !== undefined)) throw new FlagError('--listen-peer-urls is https exactly when the --peer-…-file flags are given');
  if (certificates === undefined && !isLoopback(listen.host)) throw new FlagError(`without certificates members speak on loopback only, not on ${listen.host}`);
  const advertisePeerUrls = checked('initial-advertise-peer-urls', given['initial-advertise-peer-urls'] ?? [text]);
  return {
    peers: { host: listen.host, port: listen.port, ...(certificates === undefined ? {} : { certificates }) },
    cluster: {
      initialClusterState,
      initialClusterToken: given['initial-cluster-token'],
      advertisePeerUrls,
      ...(given['initial-cluster'] === undefined ? {} : { initialCluster: given['initial-cluster'] }),
    },
  };
}

function corruptCheckMsOf(given: Given): number {
  const ms = durationMs(given['experimental-corrupt-check-time']);
  if (ms === undefined || (ms > 0 && ms < corruptCheckMsMin)) throw new FlagError('--experimental-corrupt-check-time is a duration such as 1h, at least 1s, or 0');
  return ms;
}

function metricsOf(given: Given): Pick<StoreConfig, 'metrics'> {
  const text = given['listen-metrics-urls'];
  if (text !== undefined) {
    const { host, port, isTls } = oneUrl('listen-metrics-urls', text);
    if (isTls) throw new FlagError('--listen-metrics-urls is http: metrics are served in plain text');
    return { metrics: { host, port } };
  }
  return given['metrics-port'] === undefined ? {} : { metrics: { host: given['metrics-host'], port: given['metrics-port'] } };
}

function authOf(given: Given): NonNullable<StoreConfig['auth']> {
  const bcryptCost = given['bcrypt-cost'];
  if (!Number.isInteger(bcryptCost) || bcryptCost < bcryptCosts.min || bcryptCost > bcryptCosts.max) throw new FlagError(`--bcrypt-cost must be between ${bcryptCosts.min} and ${bcryptCosts.max}`);
  const tokenTtlSeconds = given['auth-token-ttl'];
  if (!(tokenTtlSeconds > 0)) throw new FlagError('--auth-token-ttl must be above 0');
  return { tokenOptions: parseTokenOptions(given['auth-token'], (path) => readFileSync(path)), tokenTtlSeconds, bcryptCost };
}

/** Three files or none. */
async function certificatesOf(given: Given, names: readonly [keyof Given, keyof Given, keyof Given], clock: Clock, log: Log): Promise<WatchedCertificates | undefined> {
  const [certFile, keyFile, caFile] = names.map((name) => given[name] as string | undefined);
  if (certFile === undefined && keyFile === undefined && caFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined || caFile === undefined) throw new FlagError(`${names.map((name) => `--${name}`).join(', ')} go together`);
  return WatchedCertificates.open({ certFile, keyFile, caFile }, clock, log);
}

function oneUrl(flag: string, text: string): MemberUrl {
  if (text.includes(',')) throw new FlagError(`--${flag} takes one URL`);
  try {
    return parseMemberUrl(text);
  } catch (error) {
    throw new FlagError(`--${flag}: ${(error as Error).message}`);
  }
}

function checked(flag: string, urls: readonly string[]): readonly string[] {
  for (const url of urls) oneUrl(flag, url);
  return urls;
}
