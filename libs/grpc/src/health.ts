import { status } from '@grpc/grpc-js';
import { AsyncQueue } from '@rhythm/base';
import { HealthService, type HealthCheckRequest, type HealthCheckResponse } from '@rhythm/proto/health';
import { GrpcError } from './error.ts';
import { serverStreamHandler, unaryHandler } from './handlers.ts';
import type { GrpcService } from './serve.ts';

type Serving = HealthCheckResponse['status'];
const unknownService = 3;

/** The standard health service (grpc.health.v1), Check and Watch. */
export interface Health {
  readonly service: GrpcService;
  /** `name` '' is the server as a whole; it serves from the start. */
  set(name: string, serving: boolean): void;
}

/** Watchers at a time; more are refused. */
const watchersMax = 100;

export function healthService(): Health {
  const states = new Map<string, Serving>([['', 1]]);
  const watchers = new Set<{ readonly name: string; readonly queue: AsyncQueue<Serving> }>();

  async function* watch(request: HealthCheckRequest, signal: AbortSignal): AsyncGenerator<HealthCheckResponse> {
    if (watchers.size >= watchersMax) throw new GrpcError(status.RESOURCE_EXHAUSTED, `more than ${watchersMax} health watches`);
    const watcher = { name: request.service, queue: new AsyncQueue<Serving>(16) };
    watchers.add(watcher);
    const stop = (): void => watcher.queue.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      yield { status: states.get(request.service) ?? unknownService };
      for await (const state of watcher.queue) yield { status: state };
    } finally {
      signal.removeEventListener('abort', stop);
      watchers.delete(watcher);
    }
  }

  return {
    service: {
      definition: HealthService,
      implementation: {
        check: unaryHandler<HealthCheckRequest, HealthCheckResponse>((request) => {
          const state = states.get(request.service);
          return state === undefined ? Promise.reject(new GrpcError(status.NOT_FOUND, 'unknown service')) : Promise.resolve({ status: state });
        }),
        watch: serverStreamHandler<HealthCheckRequest, HealthCheckResponse>((request, context) => watch(request, context.signal)),
      },
    },
    set: (name, serving) => {
      const state: Serving = serving ? 1 : 2;
      if (states.get(name) === state) return;
      states.set(name, state);
      for (const watcher of watchers) if (watcher.name === name) watcher.queue.push(state);
    },
  };
}
