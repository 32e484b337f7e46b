import { rmSync } from 'node:fs';
import { createServer as createPlain, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTls, Server as TlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { GrpcServer, ServeOptions, ServerTls } from '../serve.ts';
import { sniOf } from '../sni.ts';
import { peerIdentity } from '../peer.ts';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { ConnectionPeer } from './context.ts';
import { leanMethods } from './methods.ts';

const handshakeTimeoutMs = 10_000;
/** Further callers are turned away at the door. */
const connectionsMax = 10_000;

/** Serves gRPC without grpc-js. Rejects when the address cannot be bound. */
export async function serveLean(options: ServeOptions & Required<Pick<ServeOptions, 'receiveBytesMax' | 'streamsMax' | 'keepaliveMs' | 'clock'>>): Promise<GrpcServer> {
  const methods = leanMethods(options.services);
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  let isStopping = false;
  const accept = (socket: Socket | TLSSocket, peer: ConnectionPeer): void => {
    socket.setNoDelay(true);
    const settings: ConnectionOptions = { ...options, methods, peer };
    const connection = new Connection(socket, settings);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
    if (isStopping) connection.leave();
  };
  const server = options.tls === undefined ? createPlain((socket) => accept(socket, { identity: undefined, address: addressOf(socket) })) : secure(options.tls, accept);
  server.maxConnections = connectionsMax;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await bind(server, options);
  const stop = (graceMs: number): Promise<void> =>
    new Promise((resolve) => {
      isStopping = true;
      const timer = options.clock.setTimer(graceMs, () => {
        for (const connection of connections) connection.abort();
        for (const socket of sockets) socket.destroy();
      });
      server.close(() => {
        timer.cancel();
        resolve();
      });
      for (const connection of connections) connection.leave();
    });
  let stopped: Promise<void> | undefined;
  return {
    port,
    stop: (graceMs) => (stopped ??= stop(graceMs)),
    setTls: (tls) => {
      if (server instanceof TlsServer) server.setSecureContext(contextOf(tls));
    },
  };
}

function secure(tls: ServerTls, accept: (socket: TLSSocket, peer: ConnectionPeer) => void): Server {
  if (tls.requireClientCert === true && tls.clientCa === undefined) throw new Error('requireClientCert needs clientCa');
  const server = createTls({
    ...contextOf(tls),
    requestCert: tls.clientCa !== undefined,
    rejectUnauthorized: tls.requireClientCert === true,
    ALPNProtocols: ['h2'],
    handshakeTimeout: handshakeTimeoutMs,
    ...sniOf(tls),
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol !== 'h2') socket.destroy();
    // Only a certificate that TLS has verified tells who it is.
    else accept(socket, { identity: socket.authorized ? peerIdentity({ getAuthContext: () => ({ sslPeerCertificate: socket.getPeerCertificate() }) }) : undefined, address: addressOf(socket) });
  });
  return server;
}

function contextOf({ cert, key, clientCa }: Pick<ServerTls, 'cert' | 'key' | 'clientCa'>): SecureContextOptions {
  return { cert: Buffer.from(cert), key: Buffer.from(key), ...(clientCa === undefined ? {} : { ca: Buffer.from(clientCa) }), minVersion: 'TLSv1.3' };
}

function addressOf(socket: Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}

function bind(server: Server, options: ServeOptions): Promise<number> {
  const unix = options.host.startsWith('unix:') ? options.host.slice('unix:'.length) : undefined;
  // A killed server leaves its socket file, and binding to it fails.
  if (unix !== undefined) rmSync(unix, { force: true });
  return new Promise((resolve, reject) => {
    const refused = (error: Error): void => reject(new Error(`cannot listen on ${unix ?? `${options.host}:${options.port}`}: ${error.message}`, { cause: error }));
    server.once('error', refused);
    const listening = (): void => {
      server.off('error', refused);
      resolve(unix === undefined ? (server.address() as AddressInfo).port : 0);
    };
    if (unix === undefined) server.listen(options.port, options.host, listening);
    else server.listen(unix, listening);
  });
}
