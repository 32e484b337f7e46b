import { X509Certificate } from 'node:crypto';
import { seededRandom, silentLog, systemClock, VirtualClock, type Clock } from '@rhythm/base';
import { createAuthority, type KeyPair } from '@rhythm/pki';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { HttpExchange } from './exchange.ts';
import type { HttpLimits } from './limits.ts';
import { SharedPiece } from './shared-piece.ts';
import { startHttpServer, type HttpServer } from './server.ts';

let identity: KeyPair;
let client: KeyPair;
let ca: string;
let server: HttpServer | undefined;

beforeAll(async () => {
  const authority = await createAuthority('ca', { clock: systemClock, random: seededRandom(1) });
  ca = authority.certPem;
  identity = await authority.issue({ commonName: 'server', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  client = await authority.issue({ commonName: 'alice', organizations: ['readers', 'writers'], usages: ['client'] });
});
afterEach(() => server?.stop());

async function serve(handle: (exchange: HttpExchange) => Promise<void>, limits: Partial<HttpLimits> = {}, clock: Clock = systemClock): Promise<number> {
  server = await startHttpServer({ host: '127.0.0.1', port: 0, tls: { cert: identity.certPem, key: identity.keyPem, clientCa: ca }, clock, log: silentLog, limits, handle });
  return server.port;
}

function ask(port: number, options: { method?: string; headers?: Record<string, string>; body?: string; certificate?: KeyPair } = {}): Promise<{ status: number; text: string; complete: boolean }> {
  return new Promise((resolve, reject) => {
    const as = options.certificate === undefined ? {} : { cert: options.certificate.certPem, key: options.certificate.keyPem };
    const request = httpsRequest({ host: '127.0.0.1', port, ca, ...as, agent: false, method: options.method ?? 'GET', path: '/a?b=c', headers: options.headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('close', () => resolve({ status: response.statusCode ?? 0, text, complete: response.complete }));
      response.on('error', () => undefined);
    });
    request.on('error', reject);
    request.end(options.body);
  });
}

const hello = (exchange: HttpExchange): Promise<void> => exchange.send(200, { 'content-type': 'text/plain' }, Buffer.from('hello'));

test('knows who asks by certificate, and does not insist on one', async () => {
  const port = await serve((exchange) => exchange.send(200, {}, Buffer.from(JSON.stringify([exchange.peer ?? null, exchange.path, exchange.query.get('b')]))));
  expect(JSON.parse((await ask(port)).text)).toEqual([null, '/a', 'c']);
  expect(JSON.parse((await ask(port, { certificate: client })).text)).toEqual([{ commonName: 'alice', organizations: ['readers', 'writers'], root: new X509Certificate(ca).fingerprint256 }, '/a', 'c']);
});

test('of what a client offers the server takes AES with 128 bits, also with a certificate that was changed', async () => {
  const port = await serve(hello);
  const agreed = async (): Promise<string> => {
    const socket = connectTls({ host: '127.0.0.1', port, ca });
    await once(socket, 'secureConnect');
    const { name } = socket.getCipher();
    socket.destroy();
    return name;
  };
  expect(await agreed()).toBe('TLS_AES_128_GCM_SHA256');
  server?.setTls({ cert: identity.certPem, key: identity.keyPem, clientCa: ca });
  expect(await agreed()).toBe('TLS_AES_128_GCM_SHA256');
});

test('a body above the cap is 413, one that does not come is 408', async () => {
  const clock = new VirtualClock();
  let reading = (): void => undefined;
  const port = await serve(
    async (exchange) => {
      const body = exchange.readBody();
      reading();
      await exchange.send(200, {}, await body);
    },
    { bodyBytesMax: 10, bodyTimeoutMs: 100 },
    clock,
  );
  expect((await ask(port, { method: 'POST', body: '0123456789' })).text).toBe('0123456789');
  expect((await ask(port, { method: 'POST', body: '0123456789a' })).status).toBe(413);
  // Time passes only once the rest of the body is waited for.
  reading = () => void clock.advance(100);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca }, () => socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab'));
    socket.once('data', (data) => {
      resolve(data.toString().split('\r\n')[0] ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
  expect(answer).toContain('408');
});

test('headers above the cap never reach the handler', async () => {
  let calls = 0;
  const port = await serve(
    (exchange) => {
      calls++;
      return hello(exchange);
    },
    { headerBytesMax: 2_000 },
  );
  const refused = await ask(port, { headers: { 'x-long': 'x'.repeat(4_000) } }).then(
    (reply) => reply.status >= 400,
    () => true,
  );
  expect([refused, calls]).toEqual([true, 0]);
});

test('a handler that fails answers 500 without saying why; after the first byte the reply breaks off', async () => {
  const port = await serve(async (exchange) => {
    if (exchange.method === 'GET') throw new Error('secret');
    const stream = exchange.begin(200, {});
    await stream.write(Buffer.from('half'));
    throw new Error('secret');
  });
  expect(await ask(port)).toMatchObject({ status: 500, text: 'internal error\n' });
  expect(await ask(port, { method: 'POST' })).toMatchObject({ status: 200, complete: false });
});

test('writing waits for a reader that does not read', async () => {
  let written = 0;
  const port = await serve(async (exchange) => {
    if (exchange.method === 'HEAD') return hello(exchange);
    const stream = exchange.begin(200, {});
    for (; written < 1_000; written++) await stream.write(Buffer.alloc(64 * 1024));
    await stream.end();
  });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
  const stream = session.request({ ':path': '/' });
  await new Promise((resolve) => stream.once('response', resolve));
  stream.pause();
  // Other requests of the connection come and go meanwhile, each giving the writer its turns.
  for (let n = 0; n < 100; n++) {
    const other = session.request({ ':path': '/', ':method': 'HEAD' });
    await new Promise((resolve) => other.resume().once('end', resolve));
  }
  expect(written).toBeLessThan(500);
  session.destroy();
});

test('stopping ends streams with an end, over both protocols, and closes idle connections', async () => {
  // No time passes: stopping does not fall back on cutting connections off.
  const clock = new VirtualClock();
  const handle = async (exchange: HttpExchange): Promise<void> => {
    if (exchange.header('x-wait') === undefined) return hello(exchange);
    const stream = exchange.begin(200, {});
    await stream.write(Buffer.from('open'));
    await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve(), { once: true }));
    await stream.end();
  };
  const port = await serve(handle, {}, clock);
  const idle = connectTls({ host: '127.0.0.1', port, ca });
  await new Promise((resolve) => idle.once('secureConnect', resolve));
  const idleClosed = new Promise((resolve) => idle.once('close', resolve));
  idle.on('error', () => undefined);
  const first = ask(port, { headers: { 'x-wait': '1' } });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
  const stream = session.request({ ':path': '/', 'x-wait': '1' });
  const ended = new Promise((resolve) => stream.once('end', () => resolve('ended')));
  await new Promise((resolve) => stream.once('data', resolve));
  stream.resume();
  await server?.stop();
  expect(await first).toMatchObject({ text: 'open', complete: true });
  expect(await ended).toBe('ended');
  await idleClosed;
  session.destroy();
});

test('a port that is taken is an error that says so', async () => {
  const port = await serve(hello);
  await expect(startHttpServer({ host: '127.0.0.1', port, tls: { cert: identity.certPem, key: identity.keyPem, clientCa: ca }, clock: systemClock, log: silentLog, handle: hello })).rejects.toThrow(/EADDRINUSE/);
});

const manyHeaders = (count: number): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));

test('a header is never left out in silence: too many are 431, over both protocols and on upgrades', async () => {
  const port = await serve((exchange) => exchange.send(200, {}, Buffer.from(exchange.header('impersonate-user') ?? 'nobody')));
  expect((await ask(port, { headers: { ...manyHeaders(200), 'impersonate-user': 'bob' } })).text).toBe('bob');
  expect((await ask(port, { headers: { ...manyHeaders(1_500), 'impersonate-user': 'bob' } })).status).toBe(431);
  const upgrade = await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n${'a: b\r\n'.repeat(1_500)}\r\n`);
  expect(upgrade).toMatch(/^HTTP\/1.1 431 /);
});

/** All that comes back for these bytes until the server ends the connection. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] }, () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('half a request and a body that nobody reads are cut off in time', async () => {
  expect(await raw(await serve(hello, { headersTimeoutMs: 100 }), 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')).not.toContain('hello');
  await server?.stop();
  // Another one, which has the time for whole headers.
  expect(await raw(await serve(hello, { bodyTimeoutMs: 100, lingerMs: 100 }), 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx')).toContain('hello');
});

test('two lengths, or a length and chunks, are no request', async () => {
  const port = await serve(hello);
  expect(await raw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')).not.toContain('hello');
  expect(await raw(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).not.toContain('hello');
});

test('a client that takes nothing of its reply is let go', async () => {
  let broken: unknown;
  const done = Promise.withResolvers<void>();
  const port = await serve(
    async (exchange) => {
      const stream = exchange.begin(200, {});
      try {
        for (;;) await stream.write(Buffer.alloc(256 * 1024));
      } catch (error) {
        broken = error;
      }
      done.resolve();
    },
    { writeStallMs: 200 },
  );
  const socket = connectTls({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] }, () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  socket.on('error', () => undefined);
  socket.pause();
  await done.promise;
  expect(broken).toBeInstanceOf(Error);
  socket.destroy();
});

test('a connection that asks nothing is closed, one with a request under way is not', async () => {
  const [asked, held] = [Promise.withResolvers<boolean>(), Promise.withResolvers<void>()];
  const port = await serve(
    async (exchange) => {
      asked.resolve(true);
      await held.promise;
      await exchange.send(200, {}, Buffer.from('late'));
    },
    { keepAliveTimeoutMs: 100 },
  );
  // One that takes longer than that until its request has come is idle as well: then another one.
  const start = async () => {
    for (;;) {
      const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => undefined);
      if (await Promise.race([asked.promise, once(session, 'close').then(() => false)])) return [session, stream] as const;
    }
  };
  const [busy, request] = await start();
  const idle = connectHttp2(`https://127.0.0.1:${port}`, { ca });
  await new Promise<void>((resolve) => idle.once('close', resolve));
  expect(busy.closed).toBe(false);
  held.resolve();
  let text = '';
  for await (const chunk of request) text += String(chunk);
  expect(text).toBe('late');
  busy.close();
});

test('headers and addresses beyond the cap are told so', async () => {
  const port = await serve(hello, { headerBytesMax: 16 * 1024 });
  expect(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  expect(await raw(port, `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  expect(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
});

test('all bodies together have a cap, which those that are done give back', async () => {
  const held = Promise.withResolvers<void>();
  const port = await serve(
    async (exchange) => {
      const body = await exchange.readBody();
      if (body.length === 8) await held.promise;
      await exchange.send(200, {}, body);
    },
    { bodiesBytesMax: 20 },
  );
  const first = [ask(port, { method: 'POST', body: '12345678' }), ask(port, { method: 'POST', body: '12345678' })];
  let status = 200;
  while (status === 200) ({ status } = await ask(port, { method: 'POST', body: '12345' }));
  expect(status).toBe(429);
  held.resolve();
  expect((await Promise.all(first)).map((reply) => reply.text)).toEqual(['12345678', '12345678']);
  while (status !== 200) ({ status } = await ask(port, { method: 'POST', body: '12345' }));
});

test('a body that never ends and that nobody reads is cut off over HTTP/2 too, and the reply arrives', async () => {
  const port = await serve(hello, { lingerMs: 100 });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
  const request = session.request({ ':path': '/', ':method': 'POST' });
  request.on('error', () => undefined);
  request.write('x');
  const closed = new Promise<void>((resolve) => request.once('close', resolve));
  let text = '';
  request.on('data', (chunk) => (text += String(chunk)));
  await closed;
  expect(text).toBe('hello');
  expect(session.closed).toBe(false);
  session.close();
});

test('slices and shared pieces make one reply over both protocols and through gzip, in order, whatever their sizes', async () => {
  const piece = new SharedPiece([Buffer.from('shared '), Buffer.from('piece')]);
  const large = Array.from({ length: 40 }, (_, at) => Buffer.alloc(10_000 + at, 97 + (at % 26)));
  const port = await serve(async (exchange) => {
    const stream = exchange.begin(200, { 'content-type': 'text/plain' }, { compress: true });
    stream.push(piece);
    await stream.writeAll([Buffer.from('<'), Buffer.from('small'), Buffer.from('>')]);
    await stream.writeAll([]);
    stream.push(new SharedPiece([]));
    await stream.writeAll(large);
    await stream.write(Buffer.from('written'));
    await stream.writeAll(large.toReversed());
    stream.push(piece);
    await stream.end();
  });
  const expected = `shared piece<small>${large.join('')}written${large.toReversed().join('')}shared piece`;
  const plain = await ask(port);
  expect([plain.complete, plain.text === expected]).toEqual([true, true]);
  expect((await bytesOf(port, 'http/1.1', { 'accept-encoding': 'gzip' })).equals(Buffer.from(expected))).toBe(true);
  expect((await bytesOf(port, 'h2', {})).equals(Buffer.from(expected))).toBe(true);
});

test.each(['http/1.1', 'h2'] as const)('shared pieces wait for a reader that does not read, and are all there once it does: %s', async (protocol) => {
  const piece = new SharedPiece([Buffer.alloc(20_000, 'x')]);
  const pieces = 1_500;
  let pushed = 0;
  const port = await serve(async (exchange) => {
    if (exchange.method === 'HEAD') return hello(exchange);
    const stream = exchange.begin(200, {});
    for (; pushed < pieces; pushed++) {
      await stream.room();
      stream.push(piece);
    }
    await stream.end();
  });
  const session = protocol === 'h2' ? connectHttp2(`https://127.0.0.1:${port}`, { ca }) : undefined;
  const reply: Readable = session?.request({ ':path': '/' }) ?? (await new Promise<IncomingMessage>((resolve, reject) => httpsRequest({ host: '127.0.0.1', port, ca, agent: false }, resolve).on('error', reject).end()));
  if (session !== undefined) await once(reply, 'response');
  reply.pause();
  // Requests of others come and go meanwhile, each giving the writer its turns.
  for (let n = 0; n < 100; n++) await ask(port, { method: 'HEAD' });
  expect(pushed).toBeLessThan(pieces);
  let bytes = 0;
  for await (const chunk of reply) bytes += (chunk as Buffer).length;
  expect([pushed, bytes]).toEqual([pieces, pieces * piece.bytes.length]);
  session?.close();
});

/** The body of a reply, unpacked. */
async function bytesOf(port: number, protocol: 'http/1.1' | 'h2', headers: Record<string, string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (protocol === 'h2') {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
    for await (const chunk of session.request({ ':path': '/', ...headers })) chunks.push(chunk as Buffer);
    session.close();
    return Buffer.concat(chunks);
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => httpsRequest({ host: '127.0.0.1', port, ca, agent: false, headers }, resolve).on('error', reject).end());
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return gunzipSync(Buffer.concat(chunks));
}
