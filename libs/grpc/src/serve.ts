import { rmSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { systemClock, type Clock } from '@rhythm/base';
import { serveLean } from './http2/listen.ts';
import { sniOf } from './sni.ts';

export interface ServerTls {
  /** PEM of our certificate and key. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** PEM of the CAs that sign clients. Without it no client certificate is asked for. */
  readonly clientCa?: string | Uint8Array;
  /** Refuse the handshake without a certificate of `clientCa`. Without it a caller may have no identity. */
  readonly requireClientCert?: boolean;
  /** Another certificate for those who ask for certain names (RFC 6066, 3); `undefined`: `cert`. Asked at each handshake. */
  readonly sni?: (name: string) => SecureContext | undefined;
}

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export interface ServeOptions {
  /** An address, or `unix:/path` (a stale socket file is replaced; `port` is then ignored). */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly services: readonly GrpcService[];
  /** Plain text without it. */
  readonly tls?: ServerTls;
  /** Largest message accepted, default 4 MiB. */
  readonly receiveBytesMax?: number;
  readonly sendBytesMax?: number;
  /** Calls at a time on one connection, default 1000. */
  readonly streamsMax?: number;
  /** Ping a silent client this often; default 10 s. 0: never. */
  readonly keepaliveMs?: number;
  /** Default: the machine's clock. */
  readonly clock?: Pick<Clock, 'setTimer'>;
  /** `lean` (`http2/README.md`) costs a fifth for each call, and runs only handlers that the kit has made. Default: `grpc-js`. */
  readonly engine?: 'grpc-js' | 'lean';
}

export interface GrpcServer {
  /** The port that is served; 0 on a unix socket. */
  readonly port: number;
  /** Takes no new calls, lets those in flight end for `graceMs`, then breaks the rest. Idempotent. */
  stop(graceMs: number): Promise<void>;
  /** New certificates for connections to come; only what began with TLS takes them. */
  setTls(tls: Pick<ServerTls, 'cert' | 'key' | 'clientCa'>): void;
}

const receiveBytesMaxDefault = 4 * 1024 * 1024;
const windowBytes = 1024 * 1024;

/** Serves gRPC. Rejects when the address cannot be bound. */
export async function serveGrpc(options: ServeOptions): Promise<GrpcServer> {
  const { keepaliveMs = 10_000, streamsMax = 1_000, clock = systemClock, receiveBytesMax = receiveBytesMaxDefault } = options;
  if (options.engine === 'lean') return serveLean({ ...options, receiveBytesMax, streamsMax, keepaliveMs, clock });
  const server = new Server({
    'grpc.max_receive_message_length': receiveBytesMax,
    'grpc.max_send_message_length': options.sendBytesMax ?? -1,
    'grpc.max_concurrent_streams': streamsMax,
    'grpc-node.flow_control_window': windowBytes,
    ...(keepaliveMs === 0 ? {} : { 'grpc.keepalive_time_ms': keepaliveMs, 'grpc.keepalive_timeout_ms': 5_000 }),
  });
  for (const service of options.services) server.addService(service.definition, service.implementation);
  const credentials = options.tls === undefined ? undefined : new TlsCredentials(options.tls);
  const port = await bind(server, options, credentials ?? ServerCredentials.createInsecure());
  let stopped: Promise<void> | undefined;
  return { port, stop: (graceMs) => (stopped ??= shutDown(server, graceMs, clock)), setTls: (tls) => credentials?.update(tls) };
}

function bind(server: Server, options: ServeOptions, credentials: ServerCredentials): Promise<number> {
  const unix = options.host.startsWith('unix:');
  // A killed server leaves its socket file, and binding to it fails.
  if (unix) rmSync(options.host.slice('unix:'.length), { force: true });
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const address = unix ? options.host : `${host}:${options.port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(unix ? 0 : port);
      else reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
    });
  });
}

function shutDown(server: Server, graceMs: number, clock: Pick<Clock, 'setTimer'>): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      resolve();
    };
    const timer = clock.setTimer(graceMs, () => {
      server.forceShutdown();
      finish();
    });
    server.tryShutdown(finish);
  });
}

/** grpc-js' own TLS credentials can only require a client certificate; these can also ask for one without insisting. */
class TlsCredentials extends ServerCredentials {
  constructor(tls: ServerTls) {
    super(
      { requestCert: tls.clientCa !== undefined, rejectUnauthorized: tls.requireClientCert === true, minVersion: 'TLSv1.3', ...sniOf(tls) },
      contextOf(tls),
    );
    if (tls.requireClientCert === true && tls.clientCa === undefined) throw new Error('requireClientCert needs clientCa');
  }

  update(tls: Pick<ServerTls, 'cert' | 'key' | 'clientCa'>): void {
    this.updateSecureContextOptions(contextOf(tls));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

function contextOf({ cert, key, clientCa }: Pick<ServerTls, 'cert' | 'key' | 'clientCa'>): { cert: Buffer; key: Buffer; ca?: Buffer } {
  return { cert: Buffer.from(cert), key: Buffer.from(key), ...(clientCa === undefined ? {} : { ca: Buffer.from(clientCa) }) };
}
