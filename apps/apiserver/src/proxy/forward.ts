import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline, Transform, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ApiError } from '@rhythm/api';
import { HttpError, type HttpExchange, type ReplyHeaders } from '@rhythm/http';
import { IdleTimer } from '../streams/idle-timer.ts';
import type { Clock } from '@rhythm/base';
import { answerOf, type Outgoing } from './connect.ts';
import { replyHeaders, requestHeaders } from './headers.ts';
import { HtmlLinks } from './html-links.ts';
import { proxyLimits } from './limits.ts';
import { rewriteUrl, type ProxyPlace } from './rewrite-url.ts';

/** How a request reaches its backend. */
export interface Backend {
  open(outgoing: Outgoing, signal: AbortSignal): ClientRequest;
  /** Where its pages are seen; absent: its links are left as they are, and it may send nobody elsewhere. */
  readonly place?: ProxyPlace;
  /** Instead of what the client said, or besides. */
  readonly headers?: Readonly<Record<string, string[]>>;
}

/** One request to pass on. */
export interface Forwarded {
  readonly exchange: HttpExchange;
  readonly backend: Backend;
  /** The name and port under which the client knows this server. */
  readonly host: string;
  /** For the backend, with the query. */
  readonly path: string;
  /** Aborts when the reply has taken too long. */
  readonly deadline?: AbortSignal;
}

/** Passes a request on and its reply back, both as they come; resolves to the reply's code. Rejects with `ApiError` while nothing was replied. */
export async function forward(clock: Clock, forwarded: Forwarded): Promise<number> {
  const { exchange, backend, path, host, deadline } = forwarded;
  const ended = new AbortController();
  const onGone = (): void => ended.abort(exchange.signal.reason);
  if (exchange.signal.aborted) onGone();
  else exchange.signal.addEventListener('abort', onGone, { once: true });
  const onLate = (): void => ended.abort(deadline?.reason);
  deadline?.addEventListener('abort', onLate, { once: true });
  const idle = new IdleTimer(clock, proxyLimits.idleMs, () => ended.abort(new ApiError('Timeout', 'the proxied request was idle for too long')));
  try {
    const origin = { headers: exchange.headersWith(''), clientAddress: exchange.remoteAddress, host, uri: exchange.path };
    const headers = { ...requestHeaders(origin), ...backend.headers };
    // A body of unknown length: Node would send that of a DELETE without saying that there is one.
    if (!hasNoBody(exchange) && headers['content-length'] === undefined) headers['transfer-encoding'] = ['chunked'];
    const outgoing = { method: exchange.method, path, headers };
    const request = backend.open(outgoing, ended.signal);
    const tooLarge = sendBody(exchange, request, idle);
    const answer = await Promise.race([answerOf(request), tooLarge]).catch((error: unknown) => {
      if (!hasNoBody(exchange) || !isStale(request, error) || ended.signal.aborted) throw error;
      const again = backend.open(outgoing, ended.signal);
      again.end();
      return answerOf(again);
    });
    if (answer.kind === 'switched') {
      answer.socket.destroy();
      throw new ApiError('InternalError', 'the backend changed protocol without being asked to', { code: 502 });
    }
    await passReply(forwarded, answer.message, idle);
    return answer.message.statusCode ?? 502;
  } catch (error) {
    if (deadline?.aborted === true) throw deadline.reason;
    throw error;
  } finally {
    deadline?.removeEventListener('abort', onLate);
    idle.stop();
    exchange.signal.removeEventListener('abort', onGone);
    ended.abort(new Error('the exchange has ended'));
  }
}

/** Whether a kept connection was closed by the other side before it saw the request. */
function isStale(request: ClientRequest, error: unknown): boolean {
  const code = error instanceof Error && error.cause instanceof Error ? (error.cause as Error & { readonly code?: string }).code : undefined;
  return request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** Begins to send the client's body. The promise only ever rejects: when the body is too long. */
function sendBody(exchange: HttpExchange, request: ClientRequest, idle: IdleTimer): Promise<never> {
  if (hasNoBody(exchange)) {
    request.end();
    return new Promise(() => undefined);
  }
  const body = exchange.streamBody();
  let sent = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      idle.touch();
      sent += chunk.length;
      done(sent > proxyLimits.requestBytesMax ? new HttpError(413, `Request entity too large: limit is ${proxyLimits.requestBytesMax}`) : null, chunk);
    },
  });
  // A backend may answer without reading all of it: then its answer counts, and the rest is not for it.
  request.once('close', () => {
    body.unpipe(counted);
    body.resume();
  });
  body.pipe(counted).pipe(request);
  return new Promise((_resolve, reject) => {
    counted.once('error', (error) => {
      reject(error);
      request.destroy();
    });
  });
}

/** Without a length and without pieces there is no body (RFC 9112, 6.3); in HTTP/2 its stream ends at once. */
function hasNoBody(exchange: HttpExchange): boolean {
  if (exchange.header(':method') !== undefined) return exchange.header('content-length') === '0' || ['GET', 'HEAD', 'OPTIONS'].includes(exchange.method);
  return (exchange.header('content-length') ?? '0') === '0' && exchange.header('transfer-encoding') === undefined;
}

async function passReply({ exchange, backend: { place } }: Forwarded, message: IncomingMessage, idle: IdleTimer): Promise<void> {
  const headers = answeredHeaders(message, place);
  const decoded = place !== undefined && exchange.method !== 'HEAD' && isHtml(message) ? decode(message) : undefined;
  if (decoded !== undefined) {
    delete headers['content-length'];
    delete headers['content-encoding'];
    delete headers['etag'];
  }
  const reply = exchange.begin(message.statusCode ?? 502, headers as ReplyHeaders);
  const links = decoded === undefined || place === undefined ? undefined : new HtmlLinks((link) => rewriteUrl(link, place));
  for await (const chunk of decoded ?? message) {
    idle.touch();
    await reply.write(links === undefined ? (chunk as Buffer) : links.write(chunk as Buffer));
  }
  if (links !== undefined) await reply.write(links.end());
  await reply.end();
}

/** What the client sees of a reply's headers. @throws ApiError when it sends the client, with what it has to say, elsewhere and may not (CVE-2022-3172). */
export function answeredHeaders(message: IncomingMessage, place: ProxyPlace | undefined): Record<string, string[]> {
  const headers = replyHeaders(message.rawHeaders);
  const location = headers['location']?.[0];
  if (location === undefined) return headers;
  if (place !== undefined) headers['location'] = [rewriteUrl(location, place)];
  else if ((message.statusCode ?? 0) >= 300 && (message.statusCode ?? 0) < 400) {
    message.destroy();
    throw new ApiError('InternalError', 'the backend attempted to redirect this request, which is not permitted', { code: 502 });
  }
  return headers;
}

/** A page as a whole: of a part nobody could say where it lies once its links are longer. */
function isHtml(message: IncomingMessage): boolean {
  if ([204, 206, 304].includes(message.statusCode ?? 0)) return false;
  return (message.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === 'text/html' && message.headers['location'] === undefined;
}

/** The text of a compressed page; undefined when the compression is unknown: then it passes as it is. */
function decode(message: IncomingMessage): Readable | undefined {
  switch ((message.headers['content-encoding'] ?? 'identity').toLowerCase()) {
    case 'identity':
      return message;
    case 'gzip':
      return pipeline(message, createGunzip(), () => undefined);
    case 'deflate':
      return pipeline(message, createInflate(), () => undefined);
    case 'br':
      return pipeline(message, createBrotliDecompress(), () => undefined);
    default:
      return undefined;
  }
}
