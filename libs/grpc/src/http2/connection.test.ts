import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '@rhythm/base';
import { HealthService, type HealthCheckRequest, type HealthCheckResponse } from '@rhythm/proto/health';
import { GrpcError, serverStreamHandler, serveGrpc, status, unaryHandler, type CallContext, type GrpcServer } from '../index.ts';
import { encodeHeaders } from './hpack.ts';
import { preface } from './frames.ts';
import { frame, hello, message, rawCaller, uint32, type RawCaller } from './test-caller.ts';

type Handle = (request: HealthCheckRequest, context: CallContext) => Promise<HealthCheckResponse>;
const path = HealthService.check.path;
const ok: Handle = () => Promise.resolve({ status: 1 });
let handle = ok;
let clock: VirtualClock;
let server: GrpcServer;
const sockets: Array<{ destroy(): void }> = [];

beforeEach(async () => {
  handle = ok;
  clock = new VirtualClock();
  const watch = serverStreamHandler<HealthCheckRequest, HealthCheckResponse>(async function* (request, context) {
    for (let at = 0; at < Number(request.service) && !context.signal.aborted; at++) yield { status: 1 };
  });
  const services = [{ definition: HealthService, implementation: { check: unaryHandler<HealthCheckRequest, HealthCheckResponse>((request, context) => handle(request, context)), watch } }];
  server = await serveGrpc({ host: '127.0.0.1', port: 0, services, engine: 'lean', streamsMax: 3, clock, receiveBytesMax: 100_000 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const stopped = server.stop(0);
  await clock.advance(0);
  await stopped;
});

const callHeaders = encodeHeaders([[':method', 'POST'], [':scheme', 'http'], [':path', path], ['content-type', 'application/grpc'], ['te', 'trailers']]);
const request = (id: number): Buffer => Buffer.concat([frame(1, 4, id, callHeaders), frame(0, 1, id, message(HealthService.check.requestSerialize({ service: 'a' })))]);

async function raw(): Promise<RawCaller> {
  const caller = await rawCaller(server.port);
  sockets.push(caller.socket);
  return caller;
}

describe('breaks with a caller that breaks the rules', () => {
  const [protocol, flowControl, streamClosed, frameSize, compression, calm] = [1, 3, 5, 6, 9, 11];
  const flood = (one: Buffer): Buffer[] => Array.from({ length: 10_001 }, () => one);
  test.each<[string, number, readonly Buffer[]]>([
    ['another protocol', protocol, [Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')]],
    ['a frame above 16 KiB', frameSize, [hello, frame(0, 0, 1, Buffer.alloc(16_385))]],
    ['data on the connection', protocol, [hello, frame(0, 0, 0)]],
    ['data of a stream that was never opened', protocol, [hello, frame(0, 0, 1)]],
    ['an even stream', protocol, [hello, frame(1, 4, 2, callHeaders)]],
    ['more padding than frame', protocol, [hello, frame(1, 4 | 8, 1, Buffer.of(9, 0))]],
    ['headers that are no headers', compression, [hello, frame(1, 4, 1, Buffer.of(0x80))]],
    ['headers interrupted by another frame', protocol, [hello, frame(1, 0, 1, callHeaders), frame(6, 0, 0, Buffer.alloc(8))]],
    ['a continuation of nothing', protocol, [hello, frame(9, 4, 1)]],
    ['endless continuations', calm, [hello, frame(1, 0, 1), ...Array.from({ length: 40 }, () => frame(9, 0, 1))]],
    ['headers without an end', calm, [hello, frame(1, 0, 1), ...Array.from({ length: 5 }, () => frame(9, 0, 1, Buffer.alloc(16_000)))]],
    ['a window above its limit', flowControl, [hello, frame(8, 0, 0, uint32(0x7fff_ffff)), frame(8, 0, 0, uint32(0x7fff_ffff))]],
    ['a window that does not change', protocol, [hello, frame(8, 0, 0, uint32(0))]],
    ['settings of a wrong length', frameSize, [hello, frame(4, 0, 0, Buffer.alloc(5))]],
    ['a promise to push', protocol, [hello, frame(5, 4, 1)]],
    ['something else than settings first', protocol, [preface, frame(6, 0, 0, Buffer.alloc(8))]],
    ['an acknowledgement of settings that says more', frameSize, [hello, frame(4, 1, 0, Buffer.alloc(6))]],
    ['settings of a stream', protocol, [hello, frame(4, 0, 1)]],
    ['a setting to push that is no boolean', protocol, [preface, frame(4, 0, 0, Buffer.concat([Buffer.of(0, 2), uint32(2)]))]],
    ['a ping of a stream', protocol, [hello, frame(6, 0, 1, Buffer.alloc(8))]],
    ['a priority of a wrong length', frameSize, [hello, frame(2, 0, 1, Buffer.alloc(4))]],
    ['a farewell that is cut off', frameSize, [hello, frame(7, 0, 0, Buffer.alloc(4))]],
    ['headers that end before their priority does', frameSize, [hello, frame(1, 4 | 32, 1, Buffer.alloc(4))]],
    ['a reset of a stream that was never opened', protocol, [hello, frame(3, 0, 1, uint32(8))]],
    ['a window of a stream that was never opened', protocol, [hello, frame(8, 0, 5, uint32(1))]],
    ['a window of an even stream', protocol, [hello, request(3), frame(8, 0, 2, uint32(1))]],
    ['a second call on a stream', streamClosed, [hello, request(3), frame(3, 0, 3, uint32(8)), request(3)]],
    ['a call below the last one', streamClosed, [hello, request(3), request(1)]],
    ['the window of a stream above its limit by settings', flowControl, [hello, frame(1, 4, 1, callHeaders), frame(8, 0, 1, uint32(0x7fff_0000)), frame(4, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(0x7fff_ffff)]))]],
    ['pings without end', calm, [hello, ...flood(frame(6, 0, 0, Buffer.alloc(8)))]],
    ['settings without end', calm, [hello, ...flood(frame(4, 0, 0))]],
    ['empty data without end', calm, [hello, frame(1, 4, 1, callHeaders), ...flood(frame(0, 0, 1))]],
    ['priorities without end', calm, [hello, ...flood(frame(2, 0, 1, Buffer.alloc(5)))]],
    ['windows of the connection that open byte by byte', calm, [hello, ...flood(frame(8, 0, 0, uint32(1)))]],
    ['calls begun and reset without end', calm, [hello, ...Array.from({ length: 12_000 }, (_, at) => Buffer.concat([frame(1, 4, 2 * at + 1, callHeaders), frame(3, 0, 2 * at + 1, uint32(8))]))]],
  ])('%s', async (_, code, frames) => {
    const caller = await raw();
    const farewell = caller.until(({ type }) => type === 7);
    caller.send(...frames);
    expect((await farewell).payload.readUInt32BE(4)).toBe(code);
    await caller.closed;
    // Nobody else notices.
    const other = await raw();
    other.send(hello, request(1));
    expect((await other.until(({ type }) => type === 0)).id).toBe(1);
  });
});

test('requests in pieces of one byte are read', async () => {
  const caller = await raw();
  caller.socket.setNoDelay(true);
  for (const byte of Buffer.concat([hello, request(1)])) caller.send(Buffer.of(byte));
  expect((await caller.until(({ type }) => type === 0)).payload).toEqual(message(HealthService.check.responseSerialize({ status: 1 })));
});

test('resetting calls does not let more of them run than are allowed', async () => {
  let running = 0;
  const release = Promise.withResolvers<void>();
  handle = async () => {
    running++;
    await release.promise;
    return { status: 1 };
  };
  const caller = await raw();
  caller.send(hello);
  for (let id = 1; id < 200; id += 2) caller.send(request(id), frame(3, 0, id, uint32(8)));
  const refused = await caller.until(({ type, id }) => type === 3 && id === 199);
  expect(refused.payload.readUInt32BE(0)).toBe(7);
  expect(running).toBe(3);
  release.resolve();
  caller.send(request(201));
  expect((await caller.until(({ type, id }) => type === 0 && id === 201)).id).toBe(201);
});

test('sends no more than the windows allow, and goes on when they open', async () => {
  const caller = await raw();
  const zeroWindow = Buffer.concat([Buffer.of(0, 4), uint32(0)]);
  const many = Buffer.concat([frame(1, 4, 1, encodeHeaders([[':method', 'POST'], [':scheme', 'http'], [':path', HealthService.watch.path], ['content-type', 'application/grpc']])), frame(0, 1, 1, message(HealthService.watch.requestSerialize({ service: '3' })))]);
  caller.send(preface, frame(4, 0, 0, zeroWindow), many, frame(6, 0, 0, Buffer.alloc(8, 1)));
  const seen: number[] = [];
  await caller.until(({ type }) => (seen.push(type), type === 6));
  expect(seen).not.toContain(0);
  const one = message(HealthService.watch.responseSerialize({ status: 1 }));
  caller.send(frame(8, 0, 1, uint32(one.length)));
  expect((await caller.until(({ type }) => type === 0)).payload).toEqual(one);
  caller.send(frame(8, 0, 1, uint32(3 * one.length)));
  const rest: Buffer[] = [];
  await caller.until(({ type, payload }) => (type === 0 && rest.push(payload), type === 1));
  expect(Buffer.concat(rest)).toEqual(Buffer.concat([one, one]));
});

test('a call with no request, with two, or with a compressed one fails alone', async () => {
  const caller = await raw();
  const body = HealthService.check.requestSerialize({ service: 'a' });
  const compressed = message(body);
  compressed[0] = 1;
  caller.send(hello, frame(1, 4 | 1, 1, callHeaders), frame(1, 4, 3, callHeaders), frame(0, 1, 3, Buffer.concat([message(body), message(body)])), frame(1, 4, 5, callHeaders), frame(0, 1, 5, compressed));
  for (const [id, code] of [[1, status.INTERNAL], [3, status.INTERNAL], [5, status.INTERNAL]] as const) {
    expect((await caller.until((one) => one.type === 1 && one.id === id)).payload.toString('latin1')).toContain(`grpc-status\x02${code}`.replace('\x02', String.fromCharCode(String(code).length)));
  }
});

test('a silent caller that does not answer a ping is dropped; one that does stays', async () => {
  const [silent, alive] = [await raw(), await raw()];
  silent.send(hello);
  alive.send(hello);
  for (const caller of [silent, alive]) await caller.until(({ type, payload }) => type === 4 && payload.length === 0);
  // The first look finds that something was heard, the second that nothing was.
  await clock.advance(10_000);
  await clock.advance(10_000);
  for (const caller of [silent, alive]) await caller.until(({ type }) => type === 6);
  alive.send(frame(6, 1, 0, Buffer.alloc(8)), frame(6, 0, 0, Buffer.alloc(8, 2)));
  await alive.until(({ type, payload }) => type === 6 && payload[0] === 2);
  await clock.advance(5_000);
  await silent.closed;
  alive.send(request(1));
  expect((await alive.until(({ type }) => type === 0)).id).toBe(1);
});

test('stopping lets calls end, and takes no new ones', async () => {
  const release = Promise.withResolvers<void>();
  handle = async () => {
    await release.promise;
    return { status: 1 };
  };
  const caller = await raw();
  caller.send(hello, request(1));
  await caller.until(({ type, payload }) => type === 4 && payload.length === 0);
  const stopped = server.stop(60_000);
  await caller.until(({ type }) => type === 7);
  caller.send(request(3));
  expect((await caller.until(({ type, id }) => type === 3 && id === 3)).payload.readUInt32BE(0)).toBe(7);
  release.resolve();
  expect((await caller.until(({ type }) => type === 0)).id).toBe(1);
  await stopped;
});

describe("with node's own client", () => {
  let session: ClientHttp2Session;
  beforeEach(() => {
    session = connectHttp2(`http://127.0.0.1:${server.port}`);
    sockets.push(session);
  });

  async function call(headers: Record<string, string>, body = message(HealthService.check.requestSerialize({ service: 'a' }))): Promise<Record<string, unknown>> {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...headers });
    const seen: Record<string, unknown> = {};
    stream.on('response', (answer) => Object.assign(seen, answer));
    stream.on('trailers', (answer) => Object.assign(seen, answer));
    stream.on('error', () => undefined);
    stream.end(body);
    stream.resume();
    await once(stream, 'close');
    return seen;
  }

  test('every printable character arrives in metadata, call after call', async () => {
    const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('');
    const got: unknown[] = [];
    handle = async (_, { metadata }) => {
      got.push(metadata.get('x-all')[0], metadata.get('x-own-bin')[0]);
      return { status: 1 };
    };
    for (let at = 0; at < 5; at++) expect(await call({ 'x-all': `a${printable}b`, 'x-own-bin': Buffer.from([0, 255]).toString('base64') })).toMatchObject({ ':status': 200, 'grpc-status': '0' });
    expect(got).toEqual(Array.from({ length: 5 }, () => [`a${printable}b`, Buffer.from([0, 255])]).flat());
  });

  test('what is no gRPC is refused as HTTP, an unknown method as gRPC', async () => {
    expect(await call({ 'content-type': 'application/json' })).toMatchObject({ ':status': 415 });
    expect(await call({ ':method': 'PUT' })).toMatchObject({ ':status': 405 });
    expect(await call({ ':path': '/grpc.health.v1.Health/None' })).toMatchObject({ ':status': 200, 'grpc-status': String(status.UNIMPLEMENTED) });
  });

  test('texts of errors keep every character', async () => {
    handle = () => Promise.reject(new GrpcError(status.ABORTED, 'wörter % \n ok'));
    expect(decodeURIComponent(String((await call({}))['grpc-message']))).toBe('wörter % \n ok');
  });

  test('a handler that throws at once fails its call only', async () => {
    handle = () => {
      throw new GrpcError(status.ABORTED, 'at once');
    };
    expect(await call({})).toMatchObject({ 'grpc-status': String(status.ABORTED) });
    handle = ok;
    expect(await call({})).toMatchObject({ 'grpc-status': '0' });
  });

  test('a reset ends the signal of the call', async () => {
    const ended = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    handle = (_, { signal }) => {
      started.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => (ended.resolve(), reject(new Error('gone')))));
    };
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    stream.on('error', () => undefined);
    stream.end(message(HealthService.check.requestSerialize({ service: 'a' })));
    await started.promise;
    stream.close(constants.NGHTTP2_CANCEL);
    await ended.promise;
  });
});
