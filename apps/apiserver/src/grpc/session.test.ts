import { afterEach, describe, expect, test } from 'vitest';
import { ApiError, notFound, resources } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { AsyncQueue, seededRandom, silentLog, systemClock, VirtualClock, type Clock } from '@rhythm/base';
import { apiClient, sessionTransport, type ApiTransport, type TransportRequest } from '@rhythm/client';
import { bidi, dialGrpc, Metadata, serveGrpc, serverStream, sessionLimits, status, statusMetadataKey, unary, type GrpcError, type GrpcServer } from '@rhythm/grpc';
import { ApiClient as Stub, ApiService, ClientFrames, Request } from '@rhythm/proto/api';
import { HealthClient, HealthService } from '@rhythm/proto/health';
import type { ApiPipeline, RenderedEvent, ResourceRequest, ResourceResponse, ResourceWatch } from '../pipeline/types.ts';
import { callerOf, tokenExpiry } from './caller.ts';
import { apiService, defaultGrpcLimits, type GrpcFace, type GrpcLimits } from './index.ts';

const cleanups: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

const text = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const ok = (body: Uint8Array | AsyncIterable<Uint8Array>): ResourceResponse => ({ code: 200, contentType: 'application/json', body, warnings: [] });
const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({ metadata: { name, namespace: 'default', resourceVersion: '1' }, data });
const added = (name: string, bytes = 0): RenderedEvent => ({ type: 'ADDED', object: text(map(name, bytes === 0 ? {} : { fill: 'x'.repeat(bytes) })) });

interface Server {
  readonly face: GrpcFace;
  readonly server: GrpcServer;
  readonly target: string;
}

async function serve(pipeline: Partial<ApiPipeline>, limits: Partial<GrpcLimits> = {}, clock: Clock = systemClock, port = 0): Promise<Server> {
  const whole: ApiPipeline = {
    handle: pipeline.handle ?? (() => Promise.reject(new Error('no handler'))),
    watch: pipeline.watch ?? (() => Promise.reject(new Error('no watcher'))),
  };
  const face = apiService(whole, { clock, log: silentLog, limits: { ...defaultGrpcLimits, ...limits } });
  const server = await serveGrpc({ host: '127.0.0.1', port, services: face.services });
  cleanups.push(async () => {
    face.close();
    await server.stop(50);
  });
  return { face, server, target: `127.0.0.1:${server.port}` };
}

function dial(targets: readonly string[], options: { requestTimeoutMs?: number; connectTimeoutMs?: number } = {}): ApiTransport {
  const transport = sessionTransport({ targets, clock: systemClock, log: silentLog, random: seededRandom(1), ...options });
  cleanups.push(() => transport.close());
  return transport;
}

const request = (rest: Partial<TransportRequest> = {}): TransportRequest => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespace: 'default',
  name: 'a',
  subresource: '',
  options: {},
  body: new Uint8Array(),
  contentType: 'application/json',
  accept: 'application/json',
  ...rest,
});
const watchRequest = (rest: Partial<TransportRequest> = {}): TransportRequest => request({ verb: 'watch', name: '', ...rest });

/** A watch that gives what the test pushes, and ends with its signal. */
function watchOf(queue: AsyncQueue<readonly RenderedEvent[]>, signal: AbortSignal): ResourceWatch {
  signal.addEventListener('abort', () => queue.end(), { once: true });
  return { contentType: 'application/json', [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await systemClock.sleep(10);
  expect(condition()).toBe(true);
}

describe('requests over a session', () => {
  test('reach the pipeline whole, and come back whole', async () => {
    const seen: ResourceRequest[] = [];
    const { target } = await serve({
      handle: (r) => {
        seen.push(r);
        return Promise.resolve({ code: 201, contentType: 'application/json', body: text(map('b', { k: 'v' })), warnings: ['careful'] });
      },
    });
    const client = apiClient(dial([target]));
    const made = await client.create(resources.configMaps, 'default', { metadata: { name: 'b' }, data: { __proto__: 'x' } as never }, { fieldManager: 'me', dryRun: true });
    expect(made).toEqual(map('b', { k: 'v' }));
    expect(seen[0]).toMatchObject({ verb: 'create', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: '', options: { fieldManager: 'me', dryRun: ['All'] }, contentType: 'application/json' });
    expect(JSON.parse(Buffer.from(seen[0]?.body ?? []).toString())).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(seen[0]?.userAgent).toContain('grpc-node-js');
    expect(seen[0]?.caller.certificate).toBeUndefined();
  });

  test('a refusal keeps reason, code and details', async () => {
    const { target } = await serve({ handle: () => Promise.reject(notFound(resources.configMaps, 'x')) });
    const failure = await apiClient(dial([target])).get(resources.configMaps, 'default', 'x').catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ reason: 'NotFound', code: 404, message: 'configmaps "x" not found', details: { name: 'x', kind: 'configmaps' } });
  });

  test('bodies larger than a frame go in pieces, both ways', async () => {
    const big = Buffer.alloc(2_900_000, 'a');
    let received = 0;
    const pieces = [Buffer.alloc(1_500_000, 'b'), Buffer.alloc(10, 'c'), Buffer.alloc(2_500_000, 'd')];
    const { target } = await serve({
      handle: (r) => {
        received = r.body.length;
        return Promise.resolve(
          ok(
            (async function* () {
              for (const piece of pieces) yield await Promise.resolve(piece);
            })(),
          ),
        );
      },
    });
    const response = await dial([target]).request(request({ verb: 'update', body: big }));
    expect(received).toBe(big.length);
    expect(Buffer.compare(Buffer.from(response.body), Buffer.concat(pieces))).toBe(0);
  });

  test('a body over the limit is refused with 413', async () => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(new Uint8Array())) });
    const response = await dial([target]).request(request({ verb: 'update', body: Buffer.alloc(3 * 1024 * 1024 + 1) }));
    expect(response.code).toBe(413);
  });

  test('many at a time, answered in any order', async () => {
    const gate = Promise.withResolvers<void>();
    let inFlight = 0;
    const { target } = await serve({
      handle: async (r) => {
        if (++inFlight === 200) gate.resolve();
        await gate.promise;
        if (Number(r.name.slice(1)) % 2 === 0) await systemClock.sleep(1);
        return ok(text(map(r.name)));
      },
    });
    const client = apiClient(dial([target]));
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const got = await Promise.all(names.map((name) => client.get(resources.configMaps, 'default', name)));
    expect(got.map((o) => o.metadata.name)).toEqual(names);
  });

  test('more than the session may have are refused, and those in flight are not hurt', async () => {
    const gate = Promise.withResolvers<void>();
    const { target } = await serve({ handle: () => gate.promise.then(() => ok(text({}))) }, { requestsMax: 3 });
    const transport = dial([target]);
    const held = [1, 2, 3].map(() => transport.request(request()));
    const refused = await transport.request(request());
    expect(refused.code).toBe(429);
    gate.resolve();
    expect((await Promise.all(held)).map((r) => r.code)).toEqual([200, 200, 200]);
  });

  test('a deadline ends a request at both ends', async () => {
    const ended = Promise.withResolvers<void>();
    const { target } = await serve({
      handle: (r) => {
        r.signal.addEventListener('abort', () => ended.resolve());
        return new Promise(() => undefined);
      },
    });
    const failure = await dial([target], { requestTimeoutMs: 50 }).request(request()).catch((e: unknown) => e);
    // Whichever end notices first says the same.
    expect(failure instanceof ApiError ? failure.code : (failure as { code: number }).code).toBe(504);
    await ended.promise;
  });

  test('a cancelled request is cancelled at the server', async () => {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { target } = await serve({
      handle: (r) => {
        started.resolve();
        r.signal.addEventListener('abort', () => ended.resolve());
        return new Promise(() => undefined);
      },
    });
    const abort = new AbortController();
    const outcome = dial([target]).request(request({ signal: abort.signal })).catch((e: unknown) => e);
    await started.promise;
    abort.abort();
    expect(await outcome).toBeInstanceOf(ApiError);
    await ended.promise;
  });

  test.each([
    ['..', 'a'],
    ['default', 'a/b'],
    ['default', '%2e'],
    ['a\0b', 'x'],
  ])('a segment that could leave its place is refused: %s %s', async (namespace, name) => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(text({}))) });
    expect((await dial([target]).request(request({ namespace, name }))).code).toBe(400);
  });

  test('an empty name never becomes a request on all', async () => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(text({}))) });
    const transport = dial([target]);
    for (const verb of ['get', 'update', 'patch', 'delete'] as const) expect((await transport.request(request({ verb, name: '' }))).code).toBe(400);
    await expect(apiClient(transport).delete(resources.pods, 'default', '')).rejects.toMatchObject({ reason: 'BadRequest' });
  });
});

describe('watches over a session', () => {
  test('events come in order, objects larger than a frame too, and the end is clean', async () => {
    const queue = new AsyncQueue<readonly RenderedEvent[]>(100);
    const { target } = await serve({ watch: (r) => Promise.resolve(watchOf(queue, r.signal)) });
    queue.push([added('a'), added('big', 2_500_000), added('b')]);
    queue.push([{ type: 'BOOKMARK', object: text(map('', {})) }]);
    queue.end();
    const seen: string[] = [];
    for await (const event of apiClient(dial([target])).watch(resources.configMaps, 'default')) {
      seen.push(event.type === 'BOOKMARK' ? `bookmark ${event.resourceVersion}` : `${event.type} ${event.object.metadata.name} ${event.object.data?.['fill']?.length ?? 0}`);
    }
    expect(seen).toEqual(['ADDED a 0', 'ADDED big 2500000', 'ADDED b 0', 'bookmark 1']);
  });

  test('an ERROR event and a refused watch are thrown', async () => {
    const { target } = await serve({
      watch: (r) =>
        r.namespace === 'refused'
          ? Promise.reject(new ApiError('Forbidden', 'no'))
          : Promise.resolve(
              watchOf(
                (() => {
                  const queue = new AsyncQueue<readonly RenderedEvent[]>(1);
                  queue.push([{ type: 'ERROR', object: text(new ApiError('Expired', 'too old').toStatus()) }]);
                  return queue;
                })(),
                r.signal,
              ),
            ),
    });
    const client = apiClient(dial([target]));
    const first = async (namespace: string): Promise<unknown> => {
      for await (const event of client.watch(resources.configMaps, namespace)) return event;
      return 'ended';
    };
    await expect(first('refused')).rejects.toMatchObject({ reason: 'Forbidden', code: 403 });
    await expect(first('default')).rejects.toMatchObject({ reason: 'Expired', code: 410 });
  });

  test('leaving the loop ends the watch at the server', async () => {
    const queue = new AsyncQueue<readonly RenderedEvent[]>(10);
    const ended = Promise.withResolvers<void>();
    const { target } = await serve({
      watch: (r) => {
        r.signal.addEventListener('abort', () => ended.resolve());
        return Promise.resolve(watchOf(queue, r.signal));
      },
    });
    queue.push([added('a')]);
    for await (const event of apiClient(dial([target])).watch(resources.configMaps, '')) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await ended.promise;
  });

  test('a consumer that keeps up gets any amount', async () => {
    const { target } = await serve({
      watch: () =>
        Promise.resolve({
          contentType: 'application/json',
          async *[Symbol.asyncIterator]() {
            for (let i = 0; i < 100; i++) yield await Promise.resolve([added(`n${i}`, 200_000)]);
          },
        }),
    });
    let count = 0;
    for await (const event of apiClient(dial([target])).watch(resources.configMaps, '')) if (event.type === 'ADDED') count++;
    expect(count).toBe(100);
  });

  test('one that does not is ended with Expired, holds no more than its credit, and delays nobody', async () => {
    let taken = 0;
    const { target } = await serve(
      {
        handle: (r) => Promise.resolve(ok(text(map(r.name)))),
        watch: (r) => {
          if (r.namespace === 'slow') {
            return Promise.resolve({
              contentType: 'application/json',
              async *[Symbol.asyncIterator]() {
                for (; taken < 1_000; taken++) yield await Promise.resolve([added('n', 100_000)]);
              },
            });
          }
          const queue = new AsyncQueue<readonly RenderedEvent[]>(10);
          queue.push([added('quick')]);
          return Promise.resolve(watchOf(queue, r.signal));
        },
      },
      { creditWaitMs: 300 },
    );
    const transport = dial([target]);
    const client = apiClient(transport);
    const slow = client.watch(resources.configMaps, 'slow')[Symbol.asyncIterator]();
    expect(await slow.next()).toMatchObject({ done: false });
    for await (const event of client.watch(resources.configMaps, 'default')) {
      expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'quick' } } });
      break;
    }
    expect((await client.get(resources.configMaps, 'default', 'x')).metadata.name).toBe('x');
    await systemClock.sleep(500);
    expect(taken).toBeLessThan((sessionLimits.watchCreditInitial / 100_000) * 2);
    // What was sent is still there to be read; then comes the reason.
    const failure = await (async () => {
      for (let next = await slow.next(); next.done !== true; next = await slow.next()) expect(next.value.type).toBe('ADDED');
    })().catch((e: unknown) => e);
    expect(failure).toMatchObject({ reason: 'Expired' });
  });

  test('more than the session may have are refused', async () => {
    const { target } = await serve({ watch: (r) => Promise.resolve(watchOf(new AsyncQueue(1), r.signal)) }, { watchesMax: 1 });
    const transport = dial([target]);
    const first = transport.watch(watchRequest())[Symbol.asyncIterator]();
    const pending = first.next();
    const second = transport.watch(watchRequest())[Symbol.asyncIterator]();
    await expect(second.next()).rejects.toMatchObject({ reason: 'TooManyRequests' });
    await transport.close();
    await expect(pending).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});

describe('hostile callers', () => {
  function raw(target: string) {
    const client = dialGrpc(Stub, { targets: target });
    cleanups.push(() => client.close());
    const call = bidi(client, ApiService.session);
    const codes = new Map<bigint, number>();
    const reading = (async () => {
      for await (const message of call.messages) for (const frame of message.frames) if (frame.frame?.$case === 'response') codes.set(frame.id, frame.frame.value.code);
    })().catch(() => undefined);
    cleanups.push(async () => {
      call.cancel();
      await reading;
    });
    type Frames = Parameters<typeof ClientFrames.fromPartial>[0]['frames'];
    const send = (...frames: NonNullable<Frames>): Promise<void> => call.write(ClientFrames.fromPartial({ frames }));
    return { send, codes };
  }
  const get = { $case: 'request' as const, value: { verb: 1 as const, version: 'v1', resource: 'configmaps', namespace: 'default', name: 'a' } };

  test('an id in use, an unknown verb, an empty frame, credit and cancel for nothing', async () => {
    const gate = Promise.withResolvers<void>();
    const { target } = await serve({ handle: () => gate.promise.then(() => ok(text({}))) });
    const { send, codes } = raw(target);
    await send({ id: 1, frame: get }, { id: 1, frame: get });
    await send({ id: 2, frame: { $case: 'request', value: { ...get.value, verb: 99 as 0 } } });
    await send({ id: 3 }, { id: 4, frame: { $case: 'cancel', value: {} } }, { id: 5, frame: { $case: 'credit', value: { bytes: 2n ** 63n } } });
    await send({ id: 6, frame: get });
    await until(() => codes.size === 2);
    gate.resolve();
    await until(() => codes.size === 3);
    expect([...codes].toSorted(([a], [b]) => Number(a - b))).toEqual([[1n, 400], [2n, 400], [6n, 200]]);
  });

  test('bodies that never end are bounded in number and size', async () => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(text({}))) }, { requestsMax: 10, partialBytesMax: 2_000 });
    const { send, codes } = raw(target);
    for (let id = 1; id <= 12; id++) await send({ id, frame: get, more: true });
    await send({ id: 100, frame: { $case: 'request', value: { ...get.value, body: new Uint8Array(3_000) } }, more: true });
    await until(() => codes.size === 3);
    expect([...codes.keys()].toSorted((a, b) => Number(a - b))).toEqual([11n, 12n, 100n]);
    expect(new Set(codes.values())).toEqual(new Set([429]));
  });

  test('one that asks without reading is not read either', async () => {
    let handled = 0;
    const { target } = await serve({
      handle: () => {
        handled++;
        return Promise.resolve(ok(Buffer.alloc(500_000)));
      },
    });
    const client = dialGrpc(Stub, { targets: target });
    cleanups.push(() => client.close());
    const call = bidi(client, ApiService.session);
    cleanups.push(() => call.cancel());
    for (let id = 1; id <= 300; id++) void call.write(ClientFrames.fromPartial({ frames: [{ id, frame: get }] })).catch(() => undefined);
    for (let before = -1; before !== handled; await systemClock.sleep(200)) before = handled;
    expect(handled).toBeLessThan(150);
  });
});

describe('when the stream breaks', () => {
  test('requests in flight fail as unknown, watches end, and the next request goes to another server', async () => {
    const hang: Partial<ApiPipeline> = { handle: () => new Promise(() => undefined), watch: (r) => Promise.resolve(watchOf(new AsyncQueue(1), r.signal)) };
    const first = await serve(hang);
    const second = await serve({ handle: () => Promise.resolve(ok(text(map('from-second')))) });
    // The seed begins with one of them; make sure it is the one that hangs.
    const transport = sessionTransport({ targets: [first.target, second.target], clock: systemClock, log: silentLog, random: { next: () => 0, bytes: () => new Uint8Array() } });
    cleanups.push(() => transport.close());
    const pending = transport.request(request()).catch((e: unknown) => e);
    const watching = transport.watch(watchRequest())[Symbol.asyncIterator]().next().catch((e: unknown) => e);
    await until(() => first.face.sessions === 1);
    await systemClock.sleep(50);
    await first.server.stop(0);
    expect(await pending).toMatchObject({ reason: 'ServiceUnavailable' });
    expect(await watching).toMatchObject({ reason: 'ServiceUnavailable' });
    expect((await apiClient(transport).get(resources.configMaps, 'default', 'a')).metadata.name).toBe('from-second');
  });

  test('a server that closes its sessions lets them go at once, and the client comes back to the same address', async () => {
    const first = await serve({ handle: () => Promise.resolve(ok(text(map('one')))) });
    const client = apiClient(dial([first.target]));
    expect((await client.get(resources.configMaps, 'default', 'a')).metadata.name).toBe('one');
    first.face.close();
    await until(() => first.face.sessions === 0);
    await first.server.stop(1_000);
    await serve({ handle: () => Promise.resolve(ok(text(map('two')))) }, {}, systemClock, first.server.port);
    expect((await client.get(resources.configMaps, 'default', 'a')).metadata.name).toBe('two');
  });

  test('without a server a request waits, then fails with what is wrong', async () => {
    const gone = await serve({});
    await gone.server.stop(0);
    const failure = await dial([gone.target], { connectTimeoutMs: 300 }).request(request()).catch((e: unknown) => e as ApiError);
    expect(failure).toMatchObject({ reason: 'ServiceUnavailable' });
    expect((failure as ApiError).message).toContain(gone.target);
    expect(String(((failure as ApiError).cause as Error).message)).toMatch(/ECONNREFUSED/);
  });

  test('a request made before the server is up succeeds once it is', async () => {
    const gone = await serve({});
    await gone.server.stop(0);
    const answer = apiClient(dial([gone.target])).get(resources.configMaps, 'default', 'a');
    await systemClock.sleep(200);
    await serve({ handle: () => Promise.resolve(ok(text(map('late')))) }, {}, systemClock, gone.server.port);
    expect((await answer).metadata.name).toBe('late');
  });

  test('a closed client refuses', async () => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(text({}))) });
    const transport = dial([target]);
    await transport.request(request());
    await transport.close();
    await expect(transport.request(request())).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});

describe('unary methods', () => {
  const stub = (target: string): Stub => {
    const client = dialGrpc(Stub, { targets: target });
    cleanups.push(() => client.close());
    return client;
  };
  const about = Request.fromPartial({ version: 'v1', resource: 'configmaps', namespace: 'default', name: 'x' });

  test('imply their verb', async () => {
    const { target } = await serve({ handle: (r) => Promise.resolve(ok(text(`${r.verb} ${r.name}`))) });
    const client = stub(target);
    const methods = [ApiService.get, ApiService.list, ApiService.create, ApiService.update, ApiService.patch, ApiService.delete, ApiService.deleteCollection];
    const replies = await Promise.all(methods.map((method) => unary(client, method, about)));
    expect(replies.map((r) => JSON.parse(Buffer.from(r.body).toString()))).toEqual(['get x', 'list x', 'create x', 'update x', 'patch x', 'delete x', 'deletecollection x']);
  });

  test('carry the Status in the trailing metadata', async () => {
    const { target } = await serve({ handle: () => Promise.reject(notFound(resources.configMaps, 'x')) });
    const failure = (await unary(stub(target), ApiService.get, about).catch((e: unknown) => e)) as GrpcError;
    expect(failure).toMatchObject({ code: status.NOT_FOUND, details: 'configmaps "x" not found' });
    const [sent] = failure.metadata.get(statusMetadataKey);
    expect(JSON.parse(String(sent))).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404, details: { name: 'x' } });
  });

  test('watch streams, and fails with a code', async () => {
    const { target } = await serve({
      watch: (r) => {
        if (r.name === 'refused') return Promise.reject(new ApiError('Expired', 'too old'));
        const queue = new AsyncQueue<readonly RenderedEvent[]>(1);
        queue.push([added('a'), added('b')]);
        queue.end();
        return Promise.resolve(watchOf(queue, r.signal));
      },
    });
    const seen: number[] = [];
    for await (const message of serverStream(stub(target), ApiService.watch, { ...about, name: '' })) seen.push(message.events.length);
    expect(seen).toEqual([2]);
    const failure = await (async () => {
      for await (const message of serverStream(stub(target), ApiService.watch, { ...about, name: 'refused' })) seen.push(message.events.length);
    })().catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: status.OUT_OF_RANGE });
  });

  test('health is served', async () => {
    const { target } = await serve({});
    const client = dialGrpc(HealthClient, { targets: target });
    cleanups.push(() => client.close());
    expect(await unary(client, HealthService.check, { service: 'rhythm.api.v1.Api' })).toEqual({ status: 1 });
  });
});

const token = (claims: unknown): string => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

test('a session ends when its bearer token does', async () => {
  const clock = new VirtualClock();
  const { target, face } = await serve({}, {}, clock);
  const client = dialGrpc(Stub, { targets: target });
  cleanups.push(() => client.close());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token({ exp: Math.floor(clock.now() / 1000) + 60 })}`);
  const call = bidi(client, ApiService.session, { metadata });
  await call.opened;
  await clock.advance(59_000);
  expect(face.sessions).toBe(1);
  await clock.advance(2_000);
  expect(await call.closed).toBeUndefined();
  await until(() => face.sessions === 0);
});

test('the end of a token is read off it, whatever it looks like', () => {
  const expiryOf = (authorization: string): number | undefined => {
    const metadata = new Metadata();
    metadata.set('authorization', authorization);
    return tokenExpiry(callerOf({ metadata, identity: undefined }));
  };
  expect(expiryOf(`Bearer ${token({ exp: 1_700_000_000 })}`)).toBe(1_700_000_000_000);
  expect(expiryOf(`Bearer ${token({})}`)).toBeUndefined();
  expect(expiryOf(`Bearer ${token(null)}`)).toBeUndefined();
  expect(expiryOf('Bearer not-a-token')).toBeUndefined();
  expect(expiryOf('Bearer a.!!!.c')).toBeUndefined();
});
