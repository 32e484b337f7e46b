import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, systemRandom, VirtualClock } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';
import { HealthClient, HealthService, type HealthCheckRequest, type HealthCheckResponse } from '@rhythm/proto/health';
import { ApiClient, ApiService, ClientFrames, ServerFrames } from '@rhythm/proto/api';
import { bidi, bidiHandler, dialGrpc, GrpcError, healthService, Metadata, peerIdentity, serverStream, serverStreamHandler, serveGrpc, status, unary, unaryHandler } from './index.ts';
import type { CallContext, GrpcService, ServeOptions } from './index.ts';
import { anyPort } from './testing/index.ts';

const cleanups: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

/** Both servers must behave alike. */
let engine: 'grpc-js' | 'lean' = 'grpc-js';

async function serve(services: readonly GrpcService[], options: Partial<ServeOptions> = {}): Promise<string> {
  const server = await serveGrpc({ host: '127.0.0.1', port: 0, services, engine, ...options });
  cleanups.push(() => server.stop(0));
  return `127.0.0.1:${server.port}`;
}

function health(handle: (request: HealthCheckRequest, context: CallContext) => Promise<HealthCheckResponse>): GrpcService {
  return { definition: HealthService, implementation: { check: unaryHandler(handle), watch: serverStreamHandler(async function* () {}) } };
}

function client(options: Parameters<typeof dialGrpc>[1]): HealthClient {
  const dialled = dialGrpc(HealthClient, options);
  cleanups.push(() => dialled.close());
  return dialled;
}

const never = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))));

describe.each(['grpc-js', 'lean'] as const)('%s', (name) => {
  beforeEach(() => {
    engine = name;
  });

  describe('unary', () => {
    test('carries code, message and metadata of a refusal', async () => {
      const target = await serve([
        health((request) => {
          const error = new GrpcError(status.NOT_FOUND, `no ${request.service}`);
          error.metadata.set('why-bin', Buffer.from('because'));
          return Promise.reject(error);
        }),
      ]);
      const failure = await unary(client({ targets: target }), HealthService.check, { service: 'x' }).catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(GrpcError);
      expect(failure).toMatchObject({ code: status.NOT_FOUND, details: 'no x' });
      expect((failure as GrpcError).metadata.get('why-bin')).toEqual([Buffer.from('because')]);
    });

    test('ends at its deadline on the given clock, and the server learns of it', async () => {
      const clock = new VirtualClock();
      const started = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<void>();
      const target = await serve([
        health((_, context) => {
          context.signal.addEventListener('abort', () => ended.resolve());
          started.resolve();
          return never(context.signal);
        }),
      ]);
      const call = unary(client({ targets: target }), HealthService.check, { service: '' }, { deadlineMs: 500, clock });
      const outcome = call.catch((e: unknown) => e);
      await started.promise;
      await clock.advance(499);
      expect(await Promise.race([outcome, Promise.resolve('open')])).toBe('open');
      await clock.advance(1);
      expect(await outcome).toMatchObject({ code: status.DEADLINE_EXCEEDED });
      await ended.promise;
      expect(clock.nextTimerAt()).toBeUndefined();
    });

    test('is cancelled by its signal, also before it starts', async () => {
      const started = Promise.withResolvers<void>();
      const target = await serve([
        health((_, context) => {
          started.resolve();
          return never(context.signal);
        }),
      ]);
      const dialled = client({ targets: target });
      const abort = new AbortController();
      const outcome = unary(dialled, HealthService.check, { service: '' }, { signal: abort.signal }).catch((e: unknown) => e);
      await started.promise;
      abort.abort(new Error('enough'));
      expect(await outcome).toMatchObject({ code: status.CANCELLED });
      expect(await unary(dialled, HealthService.check, { service: '' }, { signal: abort.signal }).catch((e: unknown) => e)).toMatchObject({ code: status.CANCELLED });
    });

    test('refuses a message over the cap', async () => {
      const target = await serve([health(() => Promise.resolve({ status: 1 }))], { receiveBytesMax: 1000 });
      const failure = await unary(client({ targets: target }), HealthService.check, { service: 'x'.repeat(2000) }).catch((e: unknown) => e);
      expect(failure).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    });

    test('works over a unix socket and replaces a stale socket file', async () => {
      const path = `unix:${join(mkdtempSync(join(tmpdir(), 'grpc-')), 's')}`;
      for (let turn = 0; turn < 2; turn++) await serve([health(() => Promise.resolve({ status: 1 }))], { host: path });
      expect(await unary(client({ targets: path }), HealthService.check, { service: '' })).toEqual({ status: 1 });
    });

    test('goes to the second of several targets when the first is down', async () => {
      const target = await serve([health(() => Promise.resolve({ status: 1 }))]);
      expect(await unary(client({ targets: [`127.0.0.1:${await anyPort()}`, target] }), HealthService.check, { service: '' })).toEqual({ status: 1 });
    });

    test('several targets by name are refused with a clear error', () => {
      expect(() => client({ targets: ['a.example:1', 'b.example:2'] })).toThrow(/must be IP addresses/);
    });
  });

  describe('streams', () => {
    const api = (session: (messages: AsyncIterable<ClientFrames>, context: CallContext) => AsyncIterable<ServerFrames>): GrpcService => {
      const refuse = unaryHandler(() => Promise.reject(new GrpcError(status.UNIMPLEMENTED, 'no')));
      const { session: sessionMethod, watch, ...unaries } = ApiService;
      const implementation = Object.fromEntries(Object.keys(unaries).map((name) => [name, refuse]));
      expect(sessionMethod.requestStream && watch.responseStream).toBe(true);
      return { definition: ApiService, implementation: { ...implementation, session: bidiHandler(session), watch: serverStreamHandler(async function* () {}) } };
    };
    const frames = (id: number): ClientFrames => ClientFrames.fromPartial({ frames: [{ id }] });
    const dial = (target: string): ApiClient => {
      const dialled = dialGrpc(ApiClient, { targets: target });
      cleanups.push(() => dialled.close());
      return dialled;
    };

    test('bidi echoes in order and ends when the caller ends', async () => {
      const target = await serve([
        api(async function* (messages) {
          for await (const message of messages) yield ServerFrames.fromPartial({ frames: [{ id: message.frames[0]?.id ?? 0n }] });
        }),
      ]);
      const call = bidi(dial(target), ApiService.session);
      const seen: bigint[] = [];
      for (let id = 1; id <= 100; id++) await call.write(frames(id));
      call.end();
      for await (const message of call.messages) seen.push(message.frames[0]?.id ?? 0n);
      expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i + 1)));
      expect(await call.closed).toBeUndefined();
      await expect(call.write(frames(1))).rejects.toMatchObject({ code: status.UNAVAILABLE });
    });

    test('bidi reports the failure of the handler after the messages before it', async () => {
      const target = await serve([
        // eslint-disable-next-line require-yield
        api(async function* () {
          yield ServerFrames.fromPartial({ frames: [{ id: 7 }] });
          throw new GrpcError(status.ABORTED, 'enough');
        }),
      ]);
      const call = bidi(dial(target), ApiService.session);
      const seen: bigint[] = [];
      const failure = await (async () => {
        for await (const message of call.messages) seen.push(message.frames[0]?.id ?? 0n);
      })().catch((e: unknown) => e);
      expect(seen).toEqual([7n]);
      expect(failure).toMatchObject({ code: status.ABORTED, details: 'enough' });
    });

    test('a writer is held back while the peer does not read', async () => {
      const release = Promise.withResolvers<void>();
      let read = 0;
      const target = await serve([
        // eslint-disable-next-line require-yield
        api(async function* (messages, context) {
          if (context.metadata.get('x-echo').length > 0) {
            for await (const _ of messages) yield ServerFrames.fromPartial({});
            return;
          }
          await release.promise;
          for await (const message of messages) read += message.frames.length;
        }),
      ]);
      const connection = dial(target);
      const call = bidi(connection, ApiService.session);
      const big = ClientFrames.fromPartial({ frames: [{ id: 1, frame: { $case: 'request', value: { body: new Uint8Array(256 * 1024) } } }] });
      let written = 0;
      const writing = (async () => {
        for (; written < 100; written++) await call.write(big);
        call.end();
      })();
      // As many messages of a call that is read go there and are answered: the first had its turns too.
      const metadata = new Metadata();
      metadata.set('x-echo', 'yes');
      const echo = bidi(connection, ApiService.session, { metadata });
      const echoes = echo.messages[Symbol.asyncIterator]();
      for (let n = 0; n < 100; n++) {
        await echo.write(big);
        expect((await echoes.next()).done).toBe(false);
      }
      echo.end();
      expect(written).toBeLessThan(50);
      release.resolve();
      await writing;
      await call.closed;
      expect(read).toBe(100);
    });

    test('leaving the loop of a server stream cancels it', async () => {
      const ended = Promise.withResolvers<void>();
      const target = await serve([
        {
          definition: HealthService,
          implementation: {
            check: unaryHandler(() => Promise.resolve({ status: 1 })),
            watch: serverStreamHandler<HealthCheckRequest, HealthCheckResponse>(async function* (_, context) {
              context.signal.addEventListener('abort', () => ended.resolve());
              yield { status: 1 };
              await ended.promise;
            }),
          },
        },
      ]);
      for await (const message of serverStream(client({ targets: target }), HealthService.watch, { service: '' })) {
        expect(message.status).toBe(1);
        break;
      }
      await ended.promise;
    });

    test('a broken connection ends the stream with UNAVAILABLE', async () => {
      const health1 = healthService();
      const server = await serveGrpc({ host: '127.0.0.1', port: 0, services: [health1.service], engine });
      const seen: number[] = [];
      const failure = await (async () => {
        for await (const message of serverStream(client({ targets: `127.0.0.1:${server.port}` }), HealthService.watch, { service: '' })) {
          seen.push(message.status);
          if (seen.length === 1) health1.set('', false);
          else void server.stop(0);
        }
      })().catch((e: unknown) => e);
      expect(seen).toEqual([1, 2]);
      expect(failure).toBeInstanceOf(GrpcError);
      expect([status.UNAVAILABLE, status.CANCELLED], (failure as GrpcError).details).toContain((failure as GrpcError).code);
    });
  });

  describe('tls', () => {
    const ports = { clock: systemClock, random: systemRandom };
    async function cluster(requireClientCert: boolean) {
      const ca = await createAuthority('test-ca', ports);
      const stranger = await createAuthority('other-ca', ports);
      const server = await ca.issue({ commonName: 'server', dnsNames: ['kubernetes'], ipAddresses: ['127.0.0.1'], usages: ['server'] });
      const target = await serve(
        [
          health((_, context) => Promise.reject(new GrpcError(status.ABORTED, JSON.stringify(context.identity ?? null)))),
        ],
        { tls: { cert: server.certPem, key: server.keyPem, clientCa: ca.certPem, requireClientCert } },
      );
      const who = (tls: NonNullable<Parameters<typeof dialGrpc>[1]['tls']>) => unary(client({ targets: target, tls }), HealthService.check, { service: '' }).catch((e: unknown) => e as GrpcError);
      return { ca, stranger, who };
    }

    test('the identity is the common name and every organization of the certificate', async () => {
      const { ca, who } = await cluster(true);
      const pair = await ca.issue({ commonName: 'system:node:a', organizations: ['system:nodes', 'x, O=system:masters'], usages: ['client'] });
      const answer = (await who({ ca: ca.certPem, cert: pair.certPem, key: pair.keyPem, serverName: 'kubernetes' })) as GrpcError;
      expect(JSON.parse(answer.details)).toEqual({ commonName: 'system:node:a', organizations: ['system:nodes', 'x, O=system:masters'] });
    });

    test('a certificate of another authority is nobody, or is refused when one is required', async () => {
      for (const required of [false, true]) {
        const { ca, stranger, who } = await cluster(required);
        const pair = await stranger.issue({ commonName: 'admin', organizations: ['system:masters'], usages: ['client'] });
        const answer = (await who({ ca: ca.certPem, cert: pair.certPem, key: pair.keyPem })) as GrpcError;
        if (required) expect(answer.code).toBe(status.UNAVAILABLE);
        else expect(answer).toMatchObject({ code: status.ABORTED, details: 'null' });
      }
    });

    test('a certificate for servers only does not identify a client', async () => {
      const { ca, who } = await cluster(false);
      const pair = await ca.issue({ commonName: 'system:node:a', organizations: ['system:nodes'], usages: ['server'] });
      expect(await who({ ca: ca.certPem, cert: pair.certPem, key: pair.keyPem })).toMatchObject({ code: status.ABORTED, details: 'null' });
    });

    test('a subject with several common names, or none, is nobody', () => {
      const call = (subject: unknown) => ({ getAuthContext: () => ({ sslPeerCertificate: { subject } }) }) as unknown as Parameters<typeof peerIdentity>[0];
      expect(peerIdentity(call({ CN: 'a', O: 'g' }))).toEqual({ commonName: 'a', organizations: ['g'] });
      expect(peerIdentity(call({ CN: 'a' }))).toEqual({ commonName: 'a', organizations: [] });
      for (const subject of [{ CN: ['a', 'system:admin'], O: 'g' }, { O: 'system:masters' }, { CN: '' }, undefined]) expect(peerIdentity(call(subject))).toBeUndefined();
      expect(peerIdentity({ getAuthContext: () => ({}) })).toBeUndefined();
    });

    test('a caller without a certificate is nobody', async () => {
      const { ca, who } = await cluster(false);
      expect(await who({ ca: ca.certPem })).toMatchObject({ code: status.ABORTED, details: 'null' });
    });

    test('a server of another authority, or of another name, is not spoken to', async () => {
      const { ca, stranger, who } = await cluster(false);
      expect(await who({ ca: stranger.certPem })).toMatchObject({ code: status.UNAVAILABLE });
      expect(await who({ ca: ca.certPem, serverName: 'other' })).toMatchObject({ code: status.UNAVAILABLE });
    });
  });
});
