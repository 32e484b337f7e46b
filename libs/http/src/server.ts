import { causeChain, toError, type Clock, type Log } from '@rhythm/base';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS, type TLSSocket } from 'node:tls';
import { BodyBudget, HttpError } from './body.ts';
import { exchangeOf, headerOf, headersOf, type HttpExchange } from './exchange.ts';
import { defaultHttpLimits, type HttpLimits } from './limits.ts';
import { NamedContexts, type NamedCertificate } from './named-contexts.ts';
import { peerIdentity, type PeerIdentity } from './peer.ts';

/** A connection that asks to speak another protocol (HTTP/1.1 only). Whoever handles it owns the socket. */
export interface HttpUpgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What arrived after the headers. */
  readonly head: Buffer;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly peer: PeerIdentity | undefined;
  /** Where the connection comes from, where that is known. */
  readonly remoteAddress?: string;
  header(name: string): string | undefined;
  headersWith(prefix: string): readonly (readonly [name: string, value: string])[];
}

export interface HttpTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly clientCa: string | Buffer;
  /** Other certificates for those who ask for certain names (SNI). */
  readonly named?: readonly NamedCertificate[];
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: HttpTls;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<HttpLimits>;
  /** Rejections become a plain 500; what should be said otherwise is said by the handler. */
  handle(exchange: HttpExchange): Promise<void>;
  /** Asked for each request over HTTP/2; true sends its client to another server (GOAWAY) once its streams have ended. */
  goAway?(): boolean;
  /** Absent: upgrades are refused. */
  upgrade?(upgrade: HttpUpgrade): Promise<void>;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** From now on every connection is closed after its reply; new ones are still taken. */
  lastReplies(): void;
  /** Takes no more connections, and resolves when the requests under way are answered, or after `ms`. */
  drain(ms: number): Promise<void>;
  /** New certificates, for connections to come. @throws when key and certificate do not belong together; then nothing changes. */
  setTls(tls: HttpTls): void;
  /** Takes no more requests, aborts those under way, and closes all connections. */
  stop(): Promise<void>;
}

/**
 * HTTP/2 and HTTP/1.1 over TLS on one port. Client certificates are asked for, not required.
 * Rejects when the address cannot be had.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits: HttpLimits = { ...defaultHttpLimits, ...options.limits };
  const stopping = new AbortController();
  const budget = new BodyBudget(limits.bodiesBytesMax);
  const named = new NamedContexts(options.tls);
  const server = createServer(options, limits, named);
  const sockets = new Set<TLSSocket>();
  const sessions = new Set<ServerHttp2Session>();
  const busy = new Map<TLSSocket, number>();
  const replies = new Set<ServerResponse>();
  const phase = { isLast: false, isDraining: false };
  const requests = new Set<() => void>();
  stopping.signal.addEventListener('abort', () => {
    for (const abort of requests) abort();
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
    closeWhenIdle(session, limits.keepAliveTimeoutMs);
  });
  server.on('request', (request: Http2ServerRequest | IncomingMessage, response: Http2ServerResponse | ServerResponse) => {
    if ('stream' in request) {
      if (options.goAway?.() === true) request.stream.session?.close();
    } else {
      keepCount(busy, request.socket as TLSSocket, response, () => phase.isDraining || stopping.signal.aborted);
      replies.add(response as ServerResponse);
      response.once('close', () => replies.delete(response as ServerResponse));
      if (phase.isLast) (response as ServerResponse).setHeader('connection', 'close');
    }
    if (request.rawHeaders.length > 2 * limits.headerCountMax) {
      refuseHeaders(request, response);
      return;
    }
    void serve(exchangeOf(request, response, { clock: options.clock, limits, budget, stopping: stopping.signal, open: requests }), options);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.rawHeaders.length > 2 * limits.headerCountMax) socket.end(`HTTP/1.1 431 ${STATUS_CODES[431]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else void upgrade(request, socket, head, options);
  });
  server.on('tlsClientError', () => undefined);
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // What still comes on a connection that was refused is as broken as what came.
    if (refused.has(socket)) return;
    refused.add(socket);
    // In the middle of a reply, another one would be taken for a part of it.
    if (busy.has(socket as TLSSocket) || !socket.writable) socket.destroy();
    else refuseBroken(error, socket, options.clock, limits);
  });
  await listen(server, options);
  const address = server.address() as AddressInfo;
  return {
    host: options.host,
    port: address.port,
    lastReplies: () => {
      phase.isLast = true;
      for (const response of replies) if (!response.headersSent) response.setHeader('connection', 'close');
    },
    drain: (ms) => {
      phase.isLast = true;
      phase.isDraining = true;
      return drain(server, { sockets, sessions, busy }, options.clock, ms);
    },
    setTls: (tls) => {
      named.set(tls);
      server.setSecureContext({ cert: tls.cert, key: tls.key, ca: tls.clientCa, minVersion, ciphers, secureOptions });
    },
    stop: () => {
      const open = { sockets, sessions, busy };
      return stop(server, open, stopping, options.clock, limits);
    },
  };
}

const minVersion = 'TLSv1.2';
/** Those of Node, but first AES with keys of 128 bits, as in Go's TLS and so in Kubernetes: a seventh less to encrypt. The server's order counts. */
const ciphers = DEFAULT_CIPHERS.split(':').toSorted((left, right) => Number(right === 'TLS_AES_128_GCM_SHA256') - Number(left === 'TLS_AES_128_GCM_SHA256')).join(':');
// A resumed session would have to be trusted to be the certificate's; connections live long anyway.
const secureOptions = constants.SSL_OP_NO_TICKET;

function createServer(options: HttpServerOptions, limits: HttpLimits, named: NamedContexts): Http2SecureServer {
  // Node hands these on to the HTTP/1.1 side, though its types do not say so.
  const http1 = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // Of bodies that nobody reads too; readBody has a limit of its own.
    requestTimeout: limits.headersTimeoutMs + limits.bodyTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
  };
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.tls.cert,
    key: options.tls.key,
    ca: options.tls.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion,
    ciphers,
    honorCipherOrder: true,
    SNICallback: (name, done) => done(null, named.find(name)),
    handshakeTimeout: limits.handshakeTimeoutMs,
    secureOptions,
    maxHeaderListPairs: limits.headerCountMax,
    settings: { maxConcurrentStreams: limits.streamsPerConnectionMax, maxHeaderListSize: limits.headerBytesMax, initialWindowSize: 1024 * 1024 },
    ...http1,
  });
  server.maxConnections = limits.connectionsMax;
  // Node leaves out, without a word, the headers beyond its count: an Impersonate-User among them would be lost, and the request
  // would be carried out as the one who impersonates. All are taken, their bytes being limited, and too many are refused.
  Object.assign(server, { maxHeadersCount: 0 });
  return server;
}

/** A connection without requests is no reason to keep it: there are only so many. */
function closeWhenIdle(session: ServerHttp2Session, idleMs: number): void {
  let streams = 0;
  session.on('stream', (stream) => {
    streams++;
    stream.once('close', () => streams--);
  });
  session.setTimeout(idleMs, () => {
    if (streams === 0) session.close();
  });
}

/** What llhttp and the time limits say of a request that never got to a handler (RFC 9110, 15.5; RFC 6585, 5). */
function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex, clock: Clock, limits: HttpLimits): void {
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // Closed at once, the client might be told of the break before it has read why.
  socket.resume();
  const cut = clock.setTimer(limits.lingerMs, () => socket.destroy());
  socket.once('close', () => cut.cancel());
}

function refuseHeaders(request: Http2ServerRequest | IncomingMessage, response: Http2ServerResponse | ServerResponse): void {
  request.resume();
  response.statusCode = 431;
  if (!('stream' in request)) (response as ServerResponse).setHeader('connection', 'close');
  response.end();
}

async function serve(exchange: HttpExchange, options: HttpServerOptions): Promise<void> {
  try {
    await options.handle(exchange);
  } catch (error) {
    if (exchange.signal.aborted) {
      exchange.breakOff();
      return;
    }
    if (!(error instanceof HttpError)) options.log.error('request failed', { method: exchange.method, path: exchange.path, error: toError(error) });
    if (exchange.replied) {
      exchange.breakOff();
      return;
    }
    const status = error instanceof HttpError ? error.status : 500;
    const text = error instanceof HttpError ? error.message : 'internal error';
    await exchange.send(status, { 'content-type': 'text/plain; charset=utf-8' }, Buffer.from(`${text}\n`));
  }
}

async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options: HttpServerOptions): Promise<void> {
  socket.on('error', () => undefined);
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  try {
    if (options.upgrade === undefined) throw new HttpError(400, 'this server upgrades no connections');
    await options.upgrade({
      request,
      socket,
      head,
      path: mark === -1 ? url : url.slice(0, mark),
      query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
      peer: peerIdentity(request.socket as TLSSocket),
      ...(request.socket.remoteAddress === undefined ? {} : { remoteAddress: request.socket.remoteAddress }),
      header: (name) => headerOf(request, name),
      headersWith: (prefix) => headersOf(request, prefix),
    });
  } catch (error) {
    options.log.warn('upgrade failed', { path: request.url?.split('?')[0], error: causeChain(error) });
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
}

function listen(server: Http2SecureServer, options: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      server.on('error', (error) => options.log.error('listener failed', { error }));
      resolve();
    });
  });
}

/** Requests under way on each HTTP/1.1 connection: an idle one is closed at once when the server stops, a busy one afterwards. */
function keepCount(busy: Map<TLSSocket, number>, socket: TLSSocket, response: NodeJS.EventEmitter, isEnding: () => boolean): void {
  busy.set(socket, (busy.get(socket) ?? 0) + 1);
  response.once('close', () => {
    const left = (busy.get(socket) ?? 1) - 1;
    if (left > 0) busy.set(socket, left);
    else busy.delete(socket);
    if (left === 0 && isEnding()) socket.destroySoon();
  });
}

interface Open {
  readonly sockets: ReadonlySet<TLSSocket>;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly busy: ReadonlyMap<TLSSocket, number>;
}

/** Idle connections go at once, busy ones with their last reply; sessions of HTTP/2 are told to go (GOAWAY) and end with their last stream. */
async function drain(server: Http2SecureServer, open: Open, clock: Clock, ms: number): Promise<void> {
  const drained = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const session of open.sessions) session.close();
  for (const socket of open.sockets) {
    if (socket.alpnProtocol === 'h2') continue;
    if (open.busy.has(socket)) continue;
    socket.destroySoon();
  }
  const enough = new AbortController();
  await Promise.race([drained, clock.sleep(ms, enough.signal).catch(() => undefined)]);
  enough.abort();
}

async function stop(server: Http2SecureServer, open: Open, stopping: AbortController, clock: Clock, limits: HttpLimits): Promise<void> {
  // Closed already when it was drained.
  const closed = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : allClosed(open.sockets);
  stopping.abort();
  for (const session of open.sessions) session.close();
  const timer = clock.setTimer(limits.stopTimeoutMs, () => {
    for (const session of open.sessions) session.destroy();
    for (const socket of open.sockets) socket.destroy();
  });
  for (const socket of open.sockets) if (!open.busy.has(socket) && socket.alpnProtocol !== 'h2') socket.destroy();
  await closed;
  timer.cancel();
}

async function allClosed(sockets: ReadonlySet<TLSSocket>): Promise<void> {
  await Promise.all([...sockets].filter((socket) => !socket.destroyed).map((socket) => once(socket, 'close')));
}
