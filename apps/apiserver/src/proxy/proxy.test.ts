import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { ApiError } from '@rhythm/api';
import { seededRandom, silentLog, systemClock } from '@rhythm/base';
import { startHttpServer, type HttpServer } from '@rhythm/http';
import { createAuthority } from '@rhythm/pki';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpFace } from '../http/face.ts';
import { testApi, type TestApi } from '../testing.ts';
import { ResourceProxy } from './index.ts';
import type { ProxyTarget } from './locate.ts';

// The HTTP face before a backend on loopback, which `locate` itself would refuse.

let api: TestApi;
let server: HttpServer;
let backend: Server;
let ca: string;
let target: ProxyTarget;
const seen: IncomingMessage[] = [];
const prefix = '/api/v1/namespaces/a/services/web:http/proxy';

beforeAll(async () => {
  const authority = await createAuthority('test-ca', { clock: systemClock, random: seededRandom(5) });
  ca = authority.certPem;
  const pair = await authority.issue({ commonName: 'kube-apiserver', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  backend = createServer(answer).on('upgrade', answerUpgrade);
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  target = { scheme: 'http', address: '127.0.0.1', port: (backend.address() as AddressInfo).port };
  api = testApi();
  const { pipeline, ports } = api;
  const locate = (_ports: unknown, _resource: string, _namespace: string, name: string): Promise<ProxyTarget> =>
    name === 'none' ? Promise.reject(new ApiError('ServiceUnavailable', 'no endpoints available for service "none"')) : Promise.resolve(name === 'closed' ? { ...target, port: 1 } : target);
  const proxy = new ResourceProxy({ reader: { get: () => Promise.resolve(undefined), list: () => Promise.resolve([]) }, clock: systemClock, random: ports.random }, locate);
  const face = new HttpFace({ pipeline, auth: { authenticator: ports.authenticator, authorizer: ports.authorizer, anonymous: () => undefined }, paths: [], upgrades: [], proxy, clock: ports.clock, random: ports.random, log: silentLog });
  server = await startHttpServer({ host: '127.0.0.1', port: 0, tls: { cert: pair.certPem, key: pair.keyPem, clientCa: ca }, clock: systemClock, log: silentLog, handle: (exchange) => face.handle(exchange), upgrade: (upgrade) => face.upgrade(upgrade) });
});
afterAll(async () => {
  await server.stop();
  backend.closeAllConnections();
  backend.close();
  await api.stop();
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  seen.push(request);
  const url = request.url ?? '';
  if (url.startsWith('/page')) {
    const body = gzipSync('<a href="/next">é</a>');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-encoding': 'gzip', 'content-length': body.length, 'set-cookie': ['a=1', 'b=2'] }).end(body);
  } else if (url.startsWith('/moved')) response.writeHead(302, { location: '/there?x=1' }).end();
  else if (url.startsWith('/broken')) response.writeHead(200, { 'content-length': '100' }).end('not all', () => response.destroy());
  else if (url.startsWith('/early')) {
    // Goes on reading behind its answer, as servers do that want it to arrive: closing with bytes unread would reset the connection.
    request.once('data', () => response.writeHead(403, { 'content-length': '2' }).write('no'));
    request.resume().once('end', () => response.end());
  }
  else {
    response.writeHead(418, { 'x-said': 'yes' });
    response.write(`${request.method} ${url} `);
    request.pipe(response);
  }
}

function answerUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  seen.push(request);
  socket.on('error', () => undefined);
  if (request.url === '/refuse') socket.end('HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno');
  else {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\nhello `);
    socket.write(head);
    socket.pipe(socket);
  }
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function send(method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port: server.port, method, path, ca, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    if (body !== undefined) request.setHeader('content-length', Buffer.byteLength(body));
    request.end(body);
  });
}

function sendUpgrade(path: string, protocol = 'echo'): Promise<{ readonly status: number; readonly socket?: Duplex; readonly head: Buffer; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port: server.port, path, ca, agent: false, headers: { connection: 'Upgrade', upgrade: protocol, authorization: 'Bearer secret' } });
    request.on('upgrade', (response, socket, head) => resolve({ status: response.statusCode ?? 0, socket, head, text: '' }));
    request.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, head: Buffer.alloc(0), text }));
    });
    request.on('error', reject);
    request.end();
  });
}

test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s reaches the backend with its path, query and body', async (method) => {
  const reply = await send(method, `${prefix}/a%2Fb//c/?dryRun=nonsense&limit=x`, method === 'GET' || method === 'OPTIONS' ? undefined : 'body');
  expect(reply).toMatchObject({ status: 418, headers: { 'x-said': 'yes' }, body: `${method} /a%2Fb//c/?dryRun=nonsense&limit=x ${method === 'GET' || method === 'OPTIONS' ? '' : 'body'}` });
});

test('HEAD has headers only', async () => {
  expect(await send('HEAD', `${prefix}/x`)).toMatchObject({ status: 418, headers: { 'x-said': 'yes' }, body: '' });
});

test('a method of another protocol is refused', async () => {
  expect((await send('PROPFIND', `${prefix}/x`)).status).toBe(405);
});

test('the credential stays here', async () => {
  await send('GET', `${prefix}/x`, undefined, { authorization: 'Bearer secret', 'impersonate-user': 'x' });
  const { headers } = seen.at(-1) ?? {};
  expect(headers).toMatchObject({ 'x-forwarded-uri': `${prefix}/x`, host: `127.0.0.1:${server.port}` });
  expect(JSON.stringify(headers)).not.toMatch(/secret|impersonate/);
});

test('a body larger than any object passes through, in both directions', async () => {
  const body = Buffer.alloc(8 * 1024 * 1024, 'x');
  const reply = await send('POST', `${prefix}/x`, body);
  expect(reply.body.length).toBe('POST /x '.length + body.length);
});

test('over HTTP/2 as well', async () => {
  const session = connectHttp2(`https://127.0.0.1:${server.port}`, { ca });
  const stream = session.request({ ':path': `${prefix}/x?y`, ':method': 'DELETE' }, { endStream: false });
  stream.end('two');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  session.close();
  expect(text).toBe('DELETE /x?y two');
});

test('without a slash at the end a client is sent to where relative links lead', async () => {
  const asked = seen.length;
  expect(await send('GET', `${prefix}?method=GET`)).toMatchObject({ status: 301, headers: { location: `${prefix}/?method=GET` } });
  expect(seen.length).toBe(asked);
});

test('redirects are not followed, and lead through here', async () => {
  const asked = seen.length;
  expect(await send('GET', `${prefix}/moved`)).toMatchObject({ status: 302, headers: { location: `${prefix}/there?x=1` } });
  expect(seen.length).toBe(asked + 1);
});

test('links of pages lead through here, also of compressed ones', async () => {
  const reply = await send('GET', `${prefix}/page`, undefined, { 'accept-encoding': 'gzip' });
  expect(reply).toMatchObject({ status: 200, body: `<a href="${prefix}/next">é</a>`, headers: { 'set-cookie': ['a=1', 'b=2'] } });
  expect(reply.headers['content-encoding']).toBeUndefined();
});

test('a reply that breaks off does so for the client too', async () => {
  await expect(send('GET', `${prefix}/broken`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
});

test('an answer before the end of the body is the answer', async () => {
  expect(await send('POST', `${prefix}/early`, Buffer.alloc(1024 * 1024))).toMatchObject({ status: 403, body: 'no' });
});

test('who cannot be reached is a Status', async () => {
  const closed = await send('GET', '/api/v1/namespaces/a/pods/closed/proxy/');
  expect(JSON.parse(closed.body)).toMatchObject({ kind: 'Status', code: 503, reason: 'ServiceUnavailable', message: expect.stringMatching(/^error trying to reach service: .*ECONNREFUSED/) });
  expect(JSON.parse((await send('GET', '/api/v1/namespaces/a/services/none/proxy/')).body)).toMatchObject({ code: 503, message: 'no endpoints available for service "none"' });
});

test('a connection that changes protocol is joined with the backend, without the credential', async () => {
  const { status, socket, head } = await sendUpgrade(`${prefix}/ws?x`);
  expect(status).toBe(101);
  expect(seen.at(-1)?.url).toBe('/ws?x');
  expect(seen.at(-1)?.headers.authorization).toBeUndefined();
  let text = head.toString();
  const closed = new Promise((resolve) => socket?.once('close', resolve));
  socket?.on('data', (chunk: Buffer) => {
    text += String(chunk);
    if (text.endsWith('ping')) socket.end();
  });
  socket?.write('ping');
  await closed;
  expect(text).toBe('hello ping');
});

test('a refusal to change protocol is passed on, and nothing stays open (CVE-2018-1002105)', async () => {
  expect(await sendUpgrade(`${prefix}/refuse`)).toMatchObject({ status: 403, text: 'no' });
  expect(await sendUpgrade('/api/v1/namespaces/a/services/none/proxy/')).toMatchObject({ status: 503, text: expect.stringContaining('no endpoints available') });
  await expect.poll(() => new Promise((resolve) => backend.getConnections((_error, count) => resolve(count)))).toBe(0);
});
