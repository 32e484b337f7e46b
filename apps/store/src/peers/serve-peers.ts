import { serveGrpc } from '@rhythm/grpc';
import type { WatchedCertificates } from '../certificates.ts';
import type { StoredIdentity } from '../identity.ts';
import type { StorePorts } from '../start.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { peersService } from './service.ts';

/** Batches of messages, and chunks of states. */
const receiveBytesMax = 16 * 1024 * 1024;
/** A dead peer is noticed after this and 5 s. */
const keepaliveMs = 2000;

export interface PeerConfig {
  readonly host: string;
  readonly port: number;
  /** With the CA of the peers, which need not be that of the clients; without it plain text. */
  readonly certificates?: WatchedCertificates;
}

export interface ServedPeers {
  readonly transport: GrpcTransport;
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves other members. Rejects when the address cannot be bound. */
export async function servePeers(config: PeerConfig, identity: StoredIdentity, { clock, random, log }: StorePorts): Promise<ServedPeers> {
  const { certificates } = config;
  const tls = clientTls(certificates);
  const transport = new GrpcTransport({ id: identity.memberId, clusterId: identity.clusterId, clock, random, log, tls });
  // Until its own state tells: whom it was told of when it joined.
  if (identity.joined !== undefined) transport.setPeers(identity.joined, []);
  const server = await serveGrpc({
    host: config.host,
    port: config.port,
    services: [peersService(transport)],
    receiveBytesMax,
    keepaliveMs,
    clock,
    engine: 'lean',
    ...(certificates === undefined ? {} : { tls: { cert: certificates.current.cert, key: certificates.current.key, clientCa: certificates.current.ca, requireClientCert: true } }),
  });
  certificates?.onChange(({ cert, key, ca }) => server.setTls({ cert, key, clientCa: ca }));
  return {
    transport,
    port: server.port,
    stop: async () => {
      await transport.stop();
      await server.stop(0);
    },
  };
}

/** The same object as long as the certificates are the same: connections are kept by it. */
function clientTls(certificates: WatchedCertificates | undefined): () => { readonly ca: Uint8Array; readonly cert: Uint8Array; readonly key: Uint8Array } | undefined {
  return () => certificates?.current;
}
