import type { Clock } from '@rhythm/base';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { createGzip, constants, type Gzip } from 'node:zlib';
import { readBody, type BodyBudget } from './body.ts';
import type { HttpLimits } from './limits.ts';
import { peerIdentity, type PeerIdentity } from './peer.ts';
import { ChunkBuffer, type SharedPiece } from './shared-piece.ts';

/** Headers of a reply, lower case. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A reply under way; `write` resolves when more may be written (back-pressure). */
export interface ReplyStream {
  write(chunk: Uint8Array): Promise<void>;
  /** The same for bytes that others get, too, without waiting. Throws when the client has gone. */
  push(piece: SharedPiece): void;
  /**
   * To be asked, and waited for, before each `push`: `undefined` when more may be written. Not after it, as even what the connection takes at once counts as waiting until the next
   * turn of the event loop, and waiting costs as much as writing.
   */
  room(): Promise<void> | undefined;
  /** Many slices of a long reply, together: they are copied once, into a buffer that serves again, and are the caller's again when this resolves. */
  writeAll(slices: readonly Uint8Array[]): Promise<void>;
  end(): Promise<void>;
}

/** One request and its reply, the same over HTTP/1.1 and HTTP/2. */
export interface HttpExchange {
  readonly method: string;
  /** As on the wire, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As on the wire, without its question mark. */
  readonly rawQuery: string;
  readonly peer: PeerIdentity | undefined;
  readonly remoteAddress: string;
  /** Aborts when the client has gone or the server stops. */
  readonly signal: AbortSignal;
  readonly replied: boolean;
  header(name: string): string | undefined;
  headersWith(prefix: string): readonly (readonly [name: string, value: string])[];
  /** Adds a header to the reply, however it turns out. */
  addHeader(name: string, value: string): void;
  /** @throws HttpError 413, 408, 400. */
  readBody(): Promise<Uint8Array>;
  /** The body as it comes, for those that pass it on without keeping it; instead of `readBody`. */
  streamBody(): Readable;
  send(status: number, headers: ReplyHeaders, body: Uint8Array): Promise<void>;
  /** Breaks off a reply that cannot be completed, so that nobody takes a part for the whole. */
  breakOff(): void;
  /** Begins a reply of unknown length; with `compress`, gzip where the client accepts it. */
  begin(status: number, headers: ReplyHeaders, options?: { compress?: boolean }): ReplyStream;
}

type NativeRequest = IncomingMessage | Http2ServerRequest;
type NativeResponse = ServerResponse | Http2ServerResponse;

/** One for all: every request ends with it, and its stack would say nothing. */
const clientGone = new Error('the client has gone');

/** The socket below a request; HTTP/2 hides it behind its session. */
export function socketOf(request: NativeRequest): TLSSocket {
  const session = 'stream' in request ? request.stream.session : undefined;
  return (session?.socket ?? request.socket) as TLSSocket;
}

/** A header by lower-case name; of repeated ones the first. */
export function headerOf(request: NativeRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** All headers that begin with `prefix`, repeated ones one by one, in order. */
export function headersOf(request: NativeRequest, prefix: string): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  const raw = request.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (name.startsWith(prefix)) found.push([name, raw[at + 1] ?? '']);
  }
  return found;
}

interface Context {
  readonly clock: Clock;
  readonly limits: HttpLimits;
  readonly budget: BodyBudget;
  readonly stopping: AbortSignal;
  /** Called when the server stops. Not listeners of the signal: each one added there looks at all the others. */
  readonly open: Set<() => void>;
}

export function exchangeOf(request: NativeRequest, response: NativeResponse, context: Context): HttpExchange {
  return new NativeExchange(request, response, context);
}

/** A class, so that a request costs one object and not a function for each thing that can be done with it. */
class NativeExchange implements HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawQuery: string;
  readonly peer: PeerIdentity | undefined;
  readonly remoteAddress: string;
  readonly signal: AbortSignal;
  readonly #request: NativeRequest;
  readonly #response: NativeResponse;
  readonly #context: Context;
  /** Bytes of the budget. */
  #held = 0;

  constructor(request: NativeRequest, response: NativeResponse, context: Context) {
    const socket = socketOf(request);
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const gone = new AbortController();
    this.method = request.method ?? 'GET';
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.rawQuery = mark === -1 ? '' : url.slice(mark + 1);
    this.query = new URLSearchParams(this.rawQuery);
    this.peer = peerIdentity(socket);
    this.remoteAddress = socket.remoteAddress ?? '';
    this.signal = gone.signal;
    this.#request = request;
    this.#response = response;
    this.#context = context;
    const abort = (): void => gone.abort(clientGone);
    const onStop = (): void => gone.abort(new Error('the server is stopping'));
    context.open.add(onStop);
    response.on('close', () => {
      context.budget.give(this.#held);
      this.#held = 0;
      context.open.delete(onStop);
      // Of a reply that is done nobody waits for the end; aborting costs more than sending a small one.
      if ((response as ServerResponse).writableFinished !== true) abort();
    });
    response.on('error', abort);
    request.on('error', abort);
    response.once('finish', () => endUnread(request, socket, context));
  }

  get replied(): boolean {
    return this.#response.headersSent;
  }

  header(name: string): string | undefined {
    return headerOf(this.#request, name);
  }

  headersWith(prefix: string): readonly (readonly [name: string, value: string])[] {
    return headersOf(this.#request, prefix);
  }

  addHeader(name: string, value: string): void {
    if (!this.#response.headersSent) this.#response.setHeader(name, value);
  }

  readBody(): Promise<Uint8Array> {
    const { clock, limits, budget } = this.#context;
    return readBody(this.#request, clock, limits.bodyBytesMax, limits.bodyTimeoutMs, (bytes) => {
      // What came after the client had gone is nobody's to give back.
      if (this.signal.aborted || !budget.take(bytes)) return false;
      this.#held += bytes;
      return true;
    });
  }

  streamBody(): Readable {
    return this.#request;
  }

  async send(status: number, headers: ReplyHeaders, body: Uint8Array): Promise<void> {
    if (body.length >= this.#context.limits.gzipFromBytes && headers['content-encoding'] === undefined && acceptsGzip(this.#request)) {
      const stream = begin(this.#reply(), status, headers, true);
      await stream.write(body);
      await stream.end();
      return;
    }
    head(this.#response, status, { ...headers, 'content-length': String(body.length) });
    await finish(this.#reply(), () => (this.#response as ServerResponse).end(body));
  }

  breakOff(): void {
    if (!this.#response.writableEnded) this.#response.destroy();
  }

  begin(status: number, headers: ReplyHeaders, options?: { compress?: boolean }): ReplyStream {
    return begin(this.#reply(), status, headers, options?.compress === true && acceptsGzip(this.#request));
  }

  #reply(): Reply {
    const { clock, limits } = this.#context;
    return { request: this.#request, response: this.#response, gone: this.signal, stall: { clock, ms: limits.writeStallMs } };
  }
}

function acceptsGzip(request: NativeRequest): boolean {
  return gzipAccepted(headerOf(request, 'accept-encoding'));
}

/** Whether a client with this Accept-Encoding takes gzip. */
export function gzipAccepted(header: string | undefined): boolean {
  return /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(header ?? '');
}

function head(response: NativeResponse, status: number, headers: ReplyHeaders): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, typeof value === 'string' ? value : [...value]);
}

/** A reply, whom it is for, and how long that client may take nothing of it. */
interface Reply {
  readonly request: NativeRequest;
  readonly response: NativeResponse;
  readonly gone: AbortSignal;
  readonly stall: { readonly clock: Pick<Clock, 'setTimer'>; readonly ms: number };
}

function begin(reply: Reply, status: number, headers: ReplyHeaders, compress: boolean): ReplyStream {
  const { request, response, gone } = reply;
  head(response, status, compress ? { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : headers);
  if (request.method === 'HEAD') return { write: () => Promise.resolve(), push: () => undefined, room: () => undefined, writeAll: () => Promise.resolve(), end: () => finish(reply, () => response.end()) };
  // Level 1: the reply is large, and the client waits.
  const gzip: Gzip | undefined = compress ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined;
  if (gzip === undefined) (response as ServerResponse).flushHeaders();
  else {
    gzip.pipe(response as ServerResponse);
    gone.addEventListener('abort', () => gzip.destroy(), { once: true });
    gzip.on('error', () => undefined);
  }
  const sink = gzip ?? (response as ServerResponse);
  let scratch: ChunkBuffer | undefined;
  return {
    write: async (chunk) => {
      gone.throwIfAborted();
      if (!sink.write(chunk)) await drained(sink, reply);
    },
    push: (piece) => {
      gone.throwIfAborted();
      const socket = gzip === undefined ? chunkedSocket(request, response) : undefined;
      // An empty chunk would be the last.
      if (socket === undefined || piece.bytes.length === 0) sink.write(piece.bytes);
      else socket.write(piece.chunk);
    },
    room: () => {
      if (gone.aborted) return undefined;
      const socket = gzip === undefined ? chunkedSocket(request, response) : undefined;
      // The reply that Node makes of a stream of HTTP/2 does not say.
      const full = socket ?? gzip ?? ('stream' in response ? response.stream : response);
      return full.writableNeedDrain ? drained(socket ?? sink, reply) : undefined;
    },
    writeAll: async (slices) => {
      gone.throwIfAborted();
      const socket = gzip === undefined ? chunkedSocket(request, response) : undefined;
      if (socket === undefined) {
        if (!sink.write(Buffer.concat(slices))) await drained(sink, reply);
        return;
      }
      const chunk = (scratch ??= new ChunkBuffer()).fill(slices);
      if (chunk === undefined) return;
      // What is not written yet may not be overwritten.
      if (socket.write(chunk)) scratch = undefined;
      else await drained(socket, reply);
    },
    end: () => finish(reply, () => sink.end()),
  };
}

/** The socket of a reply in chunks that has its turn on its connection: chunks can be written to it as they are, which spares Node's composing each of three parts. */
function chunkedSocket(request: NativeRequest, response: NativeResponse): Socket | undefined {
  if ('stream' in request) return undefined;
  const { socket, chunkedEncoding, writableEnded } = response as ServerResponse;
  return chunkedEncoding && !writableEnded && socket !== null && socket.writable ? socket : undefined;
}

function drained(sink: NodeJS.EventEmitter, { response, gone, stall }: Reply): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = stall.clock.setTimer(stall.ms, () => response.destroy());
    const onDrain = (): void => {
      timer.cancel();
      gone.removeEventListener('abort', onGone);
      resolve();
    };
    const onGone = (): void => {
      timer.cancel();
      sink.removeListener('drain', onDrain);
      reject(gone.reason as Error);
    };
    sink.once('drain', onDrain);
    gone.addEventListener('abort', onGone, { once: true });
  });
}

function finish({ response, gone, stall }: Reply, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    // Also when the server is stopping: the client is to see an end, not a break.
    if (!response.destroyed) end();
    if (gone.aborted) {
      resolve();
      return;
    }
    const timer = stall.clock.setTimer(stall.ms, () => response.destroy());
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    response.once('finish', done);
    gone.addEventListener('abort', done, { once: true });
  });
}

/** What still comes of a body after the reply is read for a while, then the client is cut off. */
function endUnread(request: NativeRequest, socket: TLSSocket, { clock, limits }: { clock: Pick<Clock, 'setTimer'>; limits: HttpLimits }): void {
  if (request.complete || socket.destroyed) return;
  if (!request.readableFlowing) request.resume();
  const cut = clock.setTimer(limits.lingerMs, () => {
    if ('stream' in request) request.stream.close();
    else socket.destroy();
  });
  request.once('end', () => cut.cancel());
  request.once('close', () => cut.cancel());
}
