import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { ChannelCredentials, experimental, type Client, type ClientOptions } from '@grpc/grpc-js';
import type { Live } from '@rhythm/base';

export interface ClientTls {
  /** PEM of the CAs that the server's certificate must come from. */
  readonly ca: string | Uint8Array;
  /** PEM of our own certificate and key, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name that the certificate must carry; by default the host (or one of the addresses) dialled. */
  readonly serverName?: string;
}

export interface DialOptions {
  /** `host:port` once, several `ip:port`, or one `unix:/path`. */
  readonly targets: string | readonly string[];
  /** Plain text without it. Of a live one each new connection takes what is current; its `serverName` stays. */
  readonly tls?: ClientTls | Live<ClientTls>;
  /**
   * Ping a connection that has calls open this often, to notice a dead peer; default 10 s, on a unix socket never.
   * 0: never. Without calls there are no pings: servers written in Go end connections that do (too_many_pings).
   */
  readonly keepaliveMs?: number;
  /** A ping not answered for this long breaks the connection; default 5 s. */
  readonly keepaliveTimeoutMs?: number;
  /** Back-off between attempts to connect; default 100 ms doubling to 2 s. */
  readonly reconnectMs?: { readonly initial: number; readonly max: number };
  /** Several targets: all in turn, or the first that answers (default). */
  readonly balance?: 'first' | 'round-robin';
  /** Largest message accepted, default 64 MiB: what a trusted server sends is bounded elsewhere. */
  readonly receiveBytesMax?: number;
  readonly sendBytesMax?: number;
  readonly userAgent?: string;
}

/** What ts-proto generates for a service. */
export type ClientConstructor<C extends Client> = new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>) => C;

const receiveBytesMaxDefault = 64 * 1024 * 1024;
/** HTTP/2 window per stream: the default of 64 KiB costs a round trip per 64 KiB of a list. */
const windowBytes = 1024 * 1024;

/**
 * A client on a channel of its own. Connects on the first call and again whenever the connection is lost;
 * calls fail with UNAVAILABLE while there is none. `close()` on the client ends it.
 */
export function dialGrpc<C extends Client>(constructor: ClientConstructor<C>, options: DialOptions): C {
  const targets = typeof options.targets === 'string' ? [options.targets] : options.targets;
  const credentials = options.tls === undefined ? ChannelCredentials.createInsecure() : 'current' in options.tls ? liveCredentials(options.tls, targets) : secureCredentials(options.tls, targets);
  return new constructor(targetOf(targets), credentials, channelOptions(options, targets));
}

function channelOptions(options: DialOptions, targets: readonly string[]): Partial<ClientOptions> {
  const { keepaliveMs = targets[0]?.startsWith('unix:') === true ? 0 : 10_000, keepaliveTimeoutMs = 5_000, reconnectMs = { initial: 100, max: 2_000 }, balance, sendBytesMax, userAgent } = options;
  const tls = options.tls !== undefined && 'current' in options.tls ? options.tls.current : options.tls;
  // An IP address is no server name in TLS (RFC 6066); the name sent then is arbitrary, the check is by address.
  const serverName = tls?.serverName ?? (tls !== undefined && isIP(hostOf(targets[0] ?? '')) !== 0 ? 'localhost' : undefined);
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.initial_reconnect_backoff_ms': reconnectMs.initial,
    'grpc.max_reconnect_backoff_ms': reconnectMs.max,
    'grpc.max_receive_message_length': options.receiveBytesMax ?? receiveBytesMaxDefault,
    'grpc-node.flow_control_window': windowBytes,
    ...(keepaliveMs === 0
      ? {}
      : { 'grpc.keepalive_time_ms': keepaliveMs, 'grpc.keepalive_timeout_ms': keepaliveTimeoutMs }),
    ...(sendBytesMax === undefined ? {} : { 'grpc.max_send_message_length': sendBytesMax }),
    ...(userAgent === undefined ? {} : { 'grpc.primary_user_agent': userAgent }),
    ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    ...(balance === 'round-robin' ? { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }) } : {}),
  };
}

type VerifyOptions = NonNullable<Parameters<typeof ChannelCredentials.createSsl>[3]>;

function secureCredentials(tls: ClientTls, targets: readonly string[]): ChannelCredentials {
  return ChannelCredentials.createSsl(
    Buffer.from(tls.ca),
    tls.key === undefined ? null : Buffer.from(tls.key),
    tls.cert === undefined ? null : Buffer.from(tls.cert),
    verifyOptionsOf(tls, targets),
  );
}

/** The same for certificates that change. Whether there is a certificate of our own does not. */
function liveCredentials(live: Live<ClientTls>, targets: readonly string[]): ChannelCredentials {
  const ca = new LiveProvider(live, (tls) => ({ caCertificate: Buffer.from(tls.ca) }));
  const own = new LiveProvider(live, ({ cert = '', key = '' }) => ({ certificate: Buffer.from(cert), privateKey: Buffer.from(key) }));
  const { cert, key } = live.current;
  return experimental.createCertificateProviderChannelCredentials(
    { addCaCertificateListener: (listener) => ca.add(listener), removeCaCertificateListener: (listener) => ca.remove(listener), addIdentityCertificateListener: () => undefined, removeIdentityCertificateListener: () => undefined },
    cert === undefined || key === undefined ? null : { addCaCertificateListener: () => undefined, removeCaCertificateListener: () => undefined, addIdentityCertificateListener: (listener) => own.add(listener), removeIdentityCertificateListener: (listener) => own.remove(listener) },
    verifyOptionsOf(live.current, targets),
  );
}

/** Tells grpc-js' listeners what is current, and what becomes so for as long as they listen. */
class LiveProvider<T> {
  readonly #live: Live<ClientTls>;
  readonly #part: (tls: ClientTls) => T;
  readonly #stops = new Map<(update: T) => void, () => void>();

  constructor(live: Live<ClientTls>, part: (tls: ClientTls) => T) {
    this.#live = live;
    this.#part = part;
  }

  add(listener: (update: T) => void): void {
    this.#stops.set(listener, this.#live.onChange((tls) => listener(this.#part(tls))));
    // Not at once: the listener may not be ready for it while it registers.
    queueMicrotask(() => (this.#stops.has(listener) ? listener(this.#part(this.#live.current)) : undefined));
  }

  remove(listener: (update: T) => void): void {
    this.#stops.get(listener)?.();
    this.#stops.delete(listener);
  }
}

function verifyOptionsOf(tls: ClientTls, targets: readonly string[]): VerifyOptions {
  const addresses = targets.map(hostOf);
  const byAddress = tls.serverName === undefined && isIP(addresses[0] ?? '') !== 0;
  if (!byAddress) return {};
  return {
    checkServerIdentity: (_name, certificate) => {
      const failures = addresses.map((address) => checkServerIdentity(address, certificate));
      return failures.includes(undefined) ? undefined : failures[0];
    },
  };
}

/** grpc-js takes one target string; several addresses go into one `ipv4:` or `ipv6:` target. */
function targetOf(targets: readonly string[]): string {
  const [first] = targets;
  if (first === undefined) throw new Error('no target to dial');
  if (targets.length === 1) return first;
  const addresses = targets.map((target) => (target.startsWith('localhost:') ? `127.0.0.1:${target.slice('localhost:'.length)}` : target));
  const families = new Set(addresses.map((address) => isIP(hostOf(address))));
  if (families.size !== 1 || families.has(0)) throw new Error(`several targets must be IP addresses of one family: ${targets.join(',')}`);
  return `${families.has(6) ? 'ipv6' : 'ipv4'}:${addresses.join(',')}`;
}

/** The host of `host:port` or `[v6]:port`. */
function hostOf(target: string): string {
  const bracket = /^\[([^\]]+)\]/.exec(target);
  if (bracket !== null) return bracket[1] ?? '';
  const colon = target.lastIndexOf(':');
  return colon < 0 ? target : target.slice(0, colon);
}
