import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpUpgrade } from '@rhythm/http';
import type { Clock } from '@rhythm/base';
import { IdleTimer } from '../streams/idle-timer.ts';
import { answerOf, unreachable } from './connect.ts';
import { answeredHeaders, type Backend } from './forward.ts';
import { requestHeaders, switchHeaders } from './headers.ts';
import { proxyLimits } from './limits.ts';
import type { ProxyPlace } from './rewrite-url.ts';

/**
 * Asks the backend to change protocol as the client does, and joins the two connections when it agrees. When it does not,
 * its answer is passed on and both connections are closed: neither is left open for what the client says next
 * (CVE-2018-1002105). Rejects with `ApiError` while nothing was answered.
 */
export async function forwardUpgrade(clock: Clock, upgrade: HttpUpgrade, backend: Backend, host: string, path: string): Promise<void> {
  const ended = new AbortController();
  const onClose = (): void => ended.abort(new Error('the client has gone'));
  upgrade.socket.once('close', onClose);
  const idle = new IdleTimer(clock, proxyLimits.idleMs, () => ended.abort(new Error('the connection was idle for too long')));
  try {
    const origin = { headers: upgrade.headersWith(''), clientAddress: upgrade.request.socket.remoteAddress ?? '', host, uri: upgrade.path };
    const headers = { ...requestHeaders(origin), ...backend.headers, upgrade: [upgrade.header('upgrade') ?? ''] };
    const request = backend.open({ method: upgrade.request.method ?? 'GET', path, headers, upgrade: true }, ended.signal);
    request.end();
    const answer = await answerOf(request);
    if (answer.kind === 'switched') await join(upgrade, answer, idle, ended.signal);
    else await passRefusal(upgrade.socket, answer.message, backend.place);
  } catch (error) {
    throw unreachable(error);
  } finally {
    idle.stop();
    upgrade.socket.removeListener('close', onClose);
    ended.abort(new Error('the connection has ended'));
  }
}

async function join(upgrade: HttpUpgrade, answer: { readonly message: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }, idle: IdleTimer, signal: AbortSignal): Promise<void> {
  const client = upgrade.socket;
  const backend = answer.socket;
  signal.addEventListener('abort', () => {
    client.destroy();
    backend.destroy();
  });
  client.write(headText(101, switchHeaders(answer.message.rawHeaders)));
  if (answer.head.length > 0) client.write(answer.head);
  if (upgrade.head.length > 0) backend.write(upgrade.head);
  for (const side of [client, backend]) side.on('data', () => idle.touch());
  await Promise.all([oneWay(client, backend), oneWay(backend, client)]);
}

/** Passes on all that `from` says. Resolves when `from` is closed; an end is passed on as an end, a break as a break. */
function oneWay(from: Duplex, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    from.pipe(to);
    from.once('error', () => to.destroy());
    from.once('close', () => {
      if (!from.readableEnded) to.destroy();
      resolve();
    });
  });
}

async function passRefusal(client: Duplex, message: IncomingMessage, place: ProxyPlace | undefined): Promise<void> {
  const headers = answeredHeaders(message, place);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > proxyLimits.refusalBytesMax) break;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  await new Promise<void>((resolve) => {
    client.end(Buffer.concat([headText(message.statusCode ?? 502, { ...headers, connection: ['close'], 'content-length': [String(body.length)] }), body]), resolve);
  });
}

function headText(status: number, headers: Readonly<Record<string, readonly string[]>>): Buffer {
  const lines = Object.entries(headers).flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${lines.join('')}\r\n`, 'latin1');
}
