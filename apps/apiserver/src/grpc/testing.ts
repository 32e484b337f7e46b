/** For the tests of this folder: a face on a pipeline made by hand, and clients of it. */
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { logTo, seededRandom, silentLog, systemClock, VirtualClock, type AsyncQueue, type Clock, type Log, type Timer } from '@rhythm/base';
import { sessionTransport, type ApiTransport, type TransportRequest } from '@rhythm/client';
import { serveGrpc, type GrpcServer } from '@rhythm/grpc';
import { anyPort } from '@rhythm/grpc/testing';
import type { ApiPipeline, RenderedEvent, ResourceResponse, ResourceWatch } from '../ports/types.ts';
import { apiService, defaultGrpcLimits, type GrpcFace, type GrpcLimits } from './index.ts';

/** What a test leaves to be undone, last first. */
export const cleanups: Array<() => Promise<void> | void> = [];

/** For `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
}

export const text = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
export const ok = (body: Uint8Array | AsyncIterable<Uint8Array>): ResourceResponse => ({ code: 200, contentType: 'application/json', body, warnings: [] });
export const map = (name: string, data: Record<string, string> = {}): ConfigMap => ({ metadata: { name, namespace: 'default', resourceVersion: '1' }, data });
export const added = (name: string, bytes = 0): RenderedEvent => ({ type: 'ADDED', object: text(map(name, bytes === 0 ? {} : { fill: 'x'.repeat(bytes) })) });

export interface Server {
  readonly face: GrpcFace;
  readonly server: GrpcServer;
  readonly target: string;
}

/** A gRPC face on loopback over a pipeline of the test's own; default on a port to which another one can come back. */
export async function serve(pipeline: Partial<ApiPipeline>, limits: Partial<GrpcLimits> = {}, clock: Clock = systemClock, port?: number): Promise<Server> {
  const whole: ApiPipeline = {
    handle: pipeline.handle ?? (() => Promise.reject(new Error('no handler'))),
    watch: pipeline.watch ?? (() => Promise.reject(new Error('no watcher'))),
  };
  const face = apiService(whole, { clock, log: silentLog, limits: { ...defaultGrpcLimits, ...limits } });
  const server = await serveGrpc({ host: '127.0.0.1', port: port ?? (await anyPort()), services: face.services });
  cleanups.push(async () => {
    face.close();
    await server.stop(50);
  });
  return { face, server, target: `127.0.0.1:${server.port}` };
}

/** A client's transport to such faces. */
export function dial(targets: readonly string[], options: { requestTimeoutMs?: number; connectTimeoutMs?: number; clock?: Clock; log?: Log } = {}): ApiTransport {
  const transport = sessionTransport({ targets, clock: systemClock, log: silentLog, random: seededRandom(1), ...options });
  cleanups.push(() => transport.close());
  return transport;
}

export const request = (rest: Partial<TransportRequest> = {}): TransportRequest => ({
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
export const watchRequest = (rest: Partial<TransportRequest> = {}): TransportRequest => request({ verb: 'watch', name: '', ...rest });

/** A watch that gives what the test pushes, and ends with its signal. */
export function watchOf(queue: AsyncQueue<readonly RenderedEvent[]>, signal: AbortSignal): ResourceWatch {
  signal.addEventListener('abort', () => queue.end(), { once: true });
  return { contentType: 'application/json', [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() };
}

/** A log that can be waited for: `said` resolves with the first line of that message. */
export function tellingLog(message: string): { readonly log: Log; readonly said: Promise<void> } {
  const said = Promise.withResolvers<void>();
  const log = logTo((_, line) => {
    if (line === message) said.resolve();
  });
  return { log, said: said.promise };
}

/** A virtual clock that can be asked when somebody waits. */
export class TellingClock extends VirtualClock {
  readonly #running = new Map<number, number>();
  readonly #asked: { readonly ms: number; tell(): void }[] = [];

  override setTimer(ms: number, callback: () => void): Timer {
    const end = this.#begin(ms);
    const timer = super.setTimer(ms, () => {
      end();
      callback();
    });
    return {
      cancel: () => {
        end();
        timer.cancel();
      },
    };
  }

  /** Resolves once a timer of this length runs. */
  waits(ms: number): Promise<void> {
    if ((this.#running.get(ms) ?? 0) > 0) return Promise.resolve();
    return new Promise((resolve) => this.#asked.push({ ms, tell: resolve }));
  }

  #begin(ms: number): () => void {
    const change = (by: number): void => void this.#running.set(ms, (this.#running.get(ms) ?? 0) + by);
    change(1);
    for (const one of this.#asked) if (one.ms === ms) one.tell();
    let over = false;
    return () => {
      if (!over) change(-1);
      over = true;
    };
  }
}

/** Resolves once a server has so many sessions: nothing tells of them, so it is looked at, as long as the test may last. */
export async function untilSessions(face: GrpcFace, count: number): Promise<void> {
  while (face.sessions !== count) await systemClock.sleep(5);
}
