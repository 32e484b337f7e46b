import { afterEach, describe, expect, test } from 'vitest';
import { resources, type ApiError } from '@rhythm/api';
import { AsyncQueue, silentLog, systemClock, VirtualClock } from '@rhythm/base';
import { apiClient, sessionTransport } from '@rhythm/client';
import { bidi, dialGrpc, Metadata } from '@rhythm/grpc';
import { ApiClient as Stub, ApiService, ClientFrames } from '@rhythm/proto/api';
import type { ApiPipeline } from '../ports/types.ts';
import { callerOf, tokenExpiry } from './caller.ts';
import { cleanUp, cleanups, dial, map, ok, request, serve, tellingLog, text, untilSessions, watchOf, watchRequest } from './testing.ts';

afterEach(cleanUp);

describe('hostile callers', () => {
  function raw(target: string) {
    const client = dialGrpc(Stub, { targets: target });
    cleanups.push(() => client.close());
    const call = bidi(client, ApiService.session);
    const codes = new Map<bigint, number>();
    const answered: { readonly count: number; done(): void }[] = [];
    const read = (id: bigint, code: number): void => {
      codes.set(id, code);
      for (const one of answered) if (codes.size >= one.count) one.done();
    };
    const reading = (async () => {
      for await (const message of call.messages) for (const frame of message.frames) if (frame.frame?.$case === 'response') read(frame.id, frame.frame.value.code);
    })().catch(() => undefined);
    cleanups.push(async () => {
      call.cancel();
      await reading;
    });
    type Frames = Parameters<typeof ClientFrames.fromPartial>[0]['frames'];
    const send = (...frames: NonNullable<Frames>): Promise<void> => call.write(ClientFrames.fromPartial({ frames }));
    /** Resolves once so many have their answer. */
    const answers = (count: number): Promise<void> => (codes.size >= count ? Promise.resolve() : new Promise((done) => answered.push({ count, done })));
    return { send, codes, answers };
  }
  const get = { $case: 'request' as const, value: { verb: 1 as const, version: 'v1', resource: 'configmaps', namespace: 'default', name: 'a' } };

  test('an id in use, an unknown verb, an empty frame, credit and cancel for nothing', async () => {
    const gate = Promise.withResolvers<void>();
    const { target } = await serve({ handle: () => gate.promise.then(() => ok(text({}))) });
    const { send, codes, answers } = raw(target);
    await send({ id: 1, frame: get }, { id: 1, frame: get });
    await send({ id: 2, frame: { $case: 'request', value: { ...get.value, verb: 99 as 0 } } });
    await send({ id: 3 }, { id: 4, frame: { $case: 'cancel', value: {} } }, { id: 5, frame: { $case: 'credit', value: { bytes: 2n ** 63n } } });
    await send({ id: 6, frame: get });
    await answers(2);
    gate.resolve();
    await answers(3);
    expect([...codes].toSorted(([a], [b]) => Number(a - b))).toEqual([[1n, 400], [2n, 400], [6n, 200]]);
  });

  test('bodies that never end are bounded in number and size', async () => {
    const { target } = await serve({ handle: () => Promise.resolve(ok(text({}))) }, { requestsMax: 10, partialBytesMax: 2_000 });
    const { send, codes, answers } = raw(target);
    for (let id = 1; id <= 12; id++) await send({ id, frame: get, more: true });
    await send({ id: 100, frame: { $case: 'request', value: { ...get.value, body: new Uint8Array(3_000) } }, more: true });
    await answers(3);
    expect([...codes.keys()].toSorted((a, b) => Number(a - b))).toEqual([11n, 12n, 100n]);
    expect(new Set(codes.values())).toEqual(new Set([429]));
  });

  test('one that asks without reading is not read either', async () => {
    let handled = 0;
    const { target } = await serve({
      handle: (r) => {
        if (r.name === 'short') return Promise.resolve(ok(text({})));
        handled++;
        return Promise.resolve(ok(Buffer.alloc(500_000)));
      },
    });
    const client = dialGrpc(Stub, { targets: target });
    cleanups.push(() => client.close());
    const call = bidi(client, ApiService.session);
    cleanups.push(() => call.cancel());
    for (let id = 1; id <= 300; id++) void call.write(ClientFrames.fromPartial({ frames: [{ id, frame: get }] })).catch(() => undefined);
    // A first answer is taken, as grpc-js hoards all that comes before its caller begins to read.
    await call.messages[Symbol.asyncIterator]().next();
    // Another is served in the meantime, with more questions than the first has asked, and each asked after them all.
    const other = dial([target]);
    for (let n = 1; n <= 400; n++) await other.request(request({ name: 'short' }));
    expect(handled).toBeGreaterThan(0);
    expect(handled).toBeLessThan(150);
  });
});

/** What a client says of an attempt that failed. */
const noConnection = 'no connection to the API server yet';

describe('when the stream breaks', () => {
  test('requests in flight fail as unknown, watches end, and the next request goes to another server', async () => {
    const asked = Promise.withResolvers<void>();
    const watched = Promise.withResolvers<void>();
    const hang: Partial<ApiPipeline> = {
      handle: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
      watch: (r) => {
        watched.resolve();
        return Promise.resolve(watchOf(new AsyncQueue(1), r.signal));
      },
    };
    const first = await serve(hang);
    const second = await serve({ handle: () => Promise.resolve(ok(text(map('from-second')))) });
    // The seed begins with one of them; make sure it is the one that hangs.
    const transport = sessionTransport({ targets: [first.target, second.target], clock: systemClock, log: silentLog, random: { next: () => 0, bytes: () => new Uint8Array() } });
    cleanups.push(() => transport.close());
    const pending = transport.request(request()).catch((e: unknown) => e);
    const watching = transport.watch(watchRequest())[Symbol.asyncIterator]().next().catch((e: unknown) => e);
    await Promise.all([asked.promise, watched.promise]);
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
    await untilSessions(first.face, 0);
    await first.server.stop(1_000);
    await serve({ handle: () => Promise.resolve(ok(text(map('two')))) }, {}, systemClock, first.server.port);
    expect((await client.get(resources.configMaps, 'default', 'a')).metadata.name).toBe('two');
  });

  test('without a server a request waits, then fails with what is wrong', async () => {
    const gone = await serve({});
    await gone.server.stop(0);
    const clock = new VirtualClock();
    const { log, said } = tellingLog(noConnection);
    const answer = dial([gone.target], { connectTimeoutMs: 300, clock, log }).request(request()).catch((e: unknown) => e as ApiError);
    await said;
    await clock.advance(300);
    const failure = await answer;
    expect(failure).toMatchObject({ reason: 'ServiceUnavailable' });
    expect((failure as ApiError).message).toContain(gone.target);
    expect(String(((failure as ApiError).cause as Error).message)).toMatch(/ECONNREFUSED/);
  });

  test('a request made before the server is up succeeds once it is', async () => {
    const gone = await serve({});
    await gone.server.stop(0);
    const { log, said } = tellingLog(noConnection);
    const answer = apiClient(dial([gone.target], { log })).get(resources.configMaps, 'default', 'a');
    await said;
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
  await untilSessions(face, 0);
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
