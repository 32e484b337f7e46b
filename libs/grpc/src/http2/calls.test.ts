import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '@rhythm/base';
import { HealthService, type HealthCheckRequest, type HealthCheckResponse } from '@rhythm/proto/health';
import { ApiService } from '@rhythm/proto/api';
import { bidiHandler, GrpcError, serveGrpc, serverStreamHandler, status, unaryHandler, type CallContext, type GrpcServer, type GrpcService } from '../index.ts';
import { encodeHeaders, HpackDecoder, type Headers } from './hpack.ts';
import { frame, hello, message, rawCaller, uint32, type RawCaller } from './test-caller.ts';

type Handle = (request: HealthCheckRequest, context: CallContext) => Promise<HealthCheckResponse>;
let handle: Handle;
let clock: VirtualClock;
let server: GrpcServer;
let caller: RawCaller;
const body = message(HealthService.check.requestSerialize({ service: 'a' }));

beforeEach(async () => {
  handle = () => Promise.resolve({ status: 1 });
  clock = new VirtualClock();
  const watch = serverStreamHandler<HealthCheckRequest, HealthCheckResponse>(async function* () {
    yield { status: 1 };
    throw new GrpcError(status.ABORTED, 'enough');
  });
  const session = bidiHandler<unknown, never>((_, { signal }) => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ done: true, value: undefined }))) }),
  }));
  const services: GrpcService[] = [{ definition: HealthService, implementation: { check: unaryHandler<HealthCheckRequest, HealthCheckResponse>((request, context) => handle(request, context)), watch } }, { definition: ApiService, implementation: { session } }];
  server = await serveGrpc({ host: '127.0.0.1', port: 0, services, engine: 'lean', clock, receiveBytesMax: 100_000, keepaliveMs: 0 });
  caller = await rawCaller(server.port);
});
afterEach(async () => {
  caller.socket.destroy();
  const stopped = server.stop(0);
  await clock.advance(0);
  await stopped;
});

function headers(more: Headers = [], { path = HealthService.check.path, type = 'application/grpc' }: { path?: string; type?: string } = {}): Buffer {
  return encodeHeaders([[':method', 'POST'], [':scheme', 'http'], [':path', path], ['content-type', type], ...more]);
}

/** The next headers of a stream; the server's blocks use no table. */
async function answer(id: number): Promise<Record<string, string>> {
  const { payload } = await caller.until((one) => one.type === 1 && one.id === id);
  return Object.fromEntries(new HpackDecoder().decode(payload) ?? []);
}
const resetOf = async (id: number): Promise<number> => (await caller.until((one) => one.type === 3 && one.id === id)).payload.readUInt32BE(0);

describe('deadlines', () => {
  test('a call ends at its deadline, and its handler learns why', async () => {
    const started = Promise.withResolvers<AbortSignal>();
    handle = (_, { signal }) => {
      started.resolve(signal);
      return new Promise(() => undefined);
    };
    caller.send(hello, frame(1, 4, 1, headers([['grpc-timeout', '250m']])), frame(0, 1, 1, body));
    const signal = await started.promise;
    await clock.advance(249);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await answer(1)).toMatchObject({ 'grpc-status': String(status.DEADLINE_EXCEEDED) });
  });

  test('a call that is over leaves no timer', async () => {
    caller.send(hello, frame(1, 4, 1, headers([['grpc-timeout', '1H']])), frame(0, 1, 1, body));
    await caller.until(({ type }) => type === 0);
    await clock.advance(1_000);
    expect(clock.nextTimerAt()).toBeUndefined();
  });

  test.each(['', '1', 'S', '1x', '-1S', '123456789m', '1.5S'])('%j is no time', async (timeout) => {
    caller.send(hello, frame(1, 4, 1, headers([['grpc-timeout', timeout]])), frame(0, 1, 1, body));
    expect(await answer(1)).toMatchObject({ 'grpc-status': String(status.INTERNAL) });
  });
});

describe('one bad call, and the connection goes on', () => {
  test.each<[string, Buffer]>([
    ['a name in capitals', headers([['X-Own', 'a']])],
    ['a header of HTTP/1.1', headers([['connection', 'close']])],
    ['te that wants more than trailers', headers([['te', 'gzip']])],
    ['a line break in a value', headers([['x-own', 'a\r\nb']])],
    ['a pseudo-header after others', headers([[':authority', 'a']])],
    ['no path', encodeHeaders([[':method', 'POST'], [':scheme', 'http'], ['content-type', 'application/grpc']])],
    ['a pseudo-header nobody knows', encodeHeaders([[':own', 'a']])],
    ['two methods', encodeHeaders([[':method', 'POST'], [':method', 'GET'], [':scheme', 'http'], [':path', '/']])],
  ])('%s', async (_, block) => {
    caller.send(hello, frame(1, 4 | 1, 1, block), frame(1, 4, 3, headers()), frame(0, 1, 3, body));
    expect(await resetOf(1)).toBe(1);
    expect((await caller.until(({ type }) => type === 0)).id).toBe(3);
  });

  test('another protocol of that name is refused', async () => {
    caller.send(hello, frame(1, 4 | 1, 1, headers([], { type: 'application/grpc-web' })), frame(1, 4 | 1, 3, headers([], { type: 'application/grpcx' })));
    expect(await answer(1)).toMatchObject({ ':status': '415' });
    expect(await answer(3)).toMatchObject({ ':status': '415' });
  });

  test('headers larger than was offered', async () => {
    caller.send(hello, frame(1, 0, 1, headers([['x-a', 'x'.repeat(9_000)]])), frame(9, 4, 1, encodeHeaders([['x-b', 'x'.repeat(9_000)]])));
    expect(await answer(1)).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) });
    caller.send(frame(1, 4, 3, headers()), frame(0, 1, 3, body));
    expect((await caller.until(({ type }) => type === 0)).id).toBe(3);
  });

  test('a long path and a long error make short answers', async () => {
    caller.send(hello, frame(1, 4 | 1, 1, headers([], { path: `/${'ü'.repeat(8_000)}` })));
    expect((await caller.until(({ type, id }) => type === 1 && id === 1)).payload.length).toBeLessThan(2_000);
    handle = () => Promise.reject(new GrpcError(status.ABORTED, '\n'.repeat(1_000_000)));
    caller.send(frame(1, 4, 3, headers()), frame(0, 1, 3, body));
    expect((await answer(3))['grpc-message']?.length).toBeLessThan(8_000);
  });

  test('data after the end, more data than the window, and windows that cannot be', async () => {
    handle = () => new Promise(() => undefined);
    caller.send(hello, frame(1, 4, 1, headers()), frame(0, 1, 1, body), frame(0, 0, 1, body));
    expect(await resetOf(1)).toBe(5);
    caller.send(frame(1, 4, 3, headers()), frame(8, 0, 3, uint32(0)));
    expect(await resetOf(3)).toBe(1);
    caller.send(frame(1, 4, 5, headers()), frame(8, 0, 5, uint32(0x7fff_ffff)));
    expect(await resetOf(5)).toBe(3);
    // Messages that no handler takes, until the window of the stream is used up, and one more.
    const part = frame(0, 0, 7, message(Buffer.alloc(16_379)));
    caller.send(frame(1, 4, 7, headers([], { path: ApiService.session.path })), ...Array.from({ length: 2 * 64 }, () => part));
    expect(await resetOf(7)).toBe(3);
  });

  test('a message that is larger than allowed, its length cut in two', async () => {
    caller.send(hello, frame(1, 4, 1, headers()), frame(0, 0, 1, Buffer.of(0, 0xff)), frame(0, 0, 1, Buffer.of(0xff, 0xff, 0xff)));
    expect(await answer(1)).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) });
  });

  test('compression that the call names, or does not', async () => {
    const compressed = Buffer.concat([Buffer.of(1), body.subarray(1)]);
    caller.send(hello, frame(1, 4, 1, headers([['grpc-encoding', 'gzip']])), frame(0, 1, 1, compressed), frame(1, 4, 3, headers()), frame(0, 1, 3, compressed));
    expect(await answer(1)).toMatchObject({ 'grpc-status': String(status.UNIMPLEMENTED), 'grpc-accept-encoding': 'identity' });
    expect(await answer(3)).toMatchObject({ 'grpc-status': String(status.INTERNAL) });
  });
});

test('what a stream said before it failed arrives first, also through a closed window', async () => {
  const zeroWindow = frame(4, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(0)]));
  caller.send(hello, zeroWindow, frame(1, 4, 1, headers([], { path: HealthService.watch.path })), frame(0, 1, 1, body));
  expect(await answer(1)).toMatchObject({ ':status': '200' });
  caller.send(frame(8, 0, 1, uint32(1000)));
  expect((await caller.until(({ type }) => type === 0)).payload).toEqual(message(HealthService.watch.responseSerialize({ status: 1 })));
  expect(await answer(1)).toMatchObject({ 'grpc-status': String(status.ABORTED) });
});

test('handlers that run for nobody are limited', async () => {
  let running = 0;
  handle = () => (running++, new Promise(() => undefined));
  caller.send(hello);
  for (let id = 1; id < 2 * 1_100; id += 2) caller.send(frame(1, 4, id, headers()), frame(0, 1, id, body), frame(3, 0, id, uint32(8)));
  expect(await resetOf(2_199)).toBe(7);
  expect(running).toBe(1_000);
});

test('who never says hello is dropped, and another protocol at its first bytes', async () => {
  const other = await rawCaller(server.port);
  other.send(Buffer.from('GET'));
  expect((await other.until(({ type }) => type === 7)).payload.readUInt32BE(4)).toBe(1);
  await other.closed;
  await caller.until(({ type }) => type === 4);
  await clock.advance(10_000);
  await caller.closed;
});
