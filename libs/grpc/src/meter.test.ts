import { HealthClient, HealthService, type HealthCheckRequest, type HealthCheckResponse } from '@rhythm/proto/health';
import { expect, test } from 'vitest';
import { dialGrpc, GrpcError, metered, serverStream, serverStreamHandler, serveGrpc, status, unary, unaryHandler, type GrpcService } from './index.ts';

test.each(['grpc-js', 'lean'] as const)('%s: tells of calls, their messages and how they ended', async (engine) => {
  const told: string[] = [];
  const left = Promise.withResolvers<void>();
  const health: GrpcService = {
    definition: HealthService,
    implementation: {
      check: unaryHandler<HealthCheckRequest, HealthCheckResponse>(async ({ service }) => {
        if (service === 'none') throw new GrpcError(status.NOT_FOUND, 'none');
        return { status: 1 };
      }),
      watch: serverStreamHandler<HealthCheckRequest, HealthCheckResponse>(async function* ({ service }) {
        yield { status: 1 };
        yield { status: 2 };
        if (service === 'fails') throw new GrpcError(status.OUT_OF_RANGE, 'far');
        if (service === 'endless') await new Promise(() => undefined);
      }),
    },
  };
  const service = metered(health, (name, method, type) => ({
    started: () => told.push(`${name} ${method} ${type}`),
    received: (bytes) => told.push(`in ${bytes}`),
    sent: (bytes) => told.push(`out ${bytes}`),
    handled: (code) => {
      told.push(code);
      if (code === 'Canceled') left.resolve();
    },
  }));
  const server = await serveGrpc({ host: '127.0.0.1', port: 0, services: [service], engine });
  const client = dialGrpc(HealthClient, { targets: `127.0.0.1:${server.port}` });
  const watch = async (name: string, most = 9): Promise<number> => {
    let count = 0;
    for await (const _ of serverStream(client, HealthService.watch, { service: name })) if (++count === most) break;
    return count;
  };
  try {
    await unary(client, HealthService.check, { service: '' });
    expect(told.splice(0)).toEqual(['in 0', 'grpc.health.v1.Health Check unary', 'OK', 'out 2']);
    await expect(unary(client, HealthService.check, { service: 'none' })).rejects.toThrow(GrpcError);
    expect(told.splice(0)).toEqual(['in 6', 'grpc.health.v1.Health Check unary', 'NotFound']);
    expect(await watch('')).toBe(2);
    // One server writes each message when it is given, the other when it goes out.
    expect(told.splice(0).sort()).toEqual(['OK', 'grpc.health.v1.Health Watch server_stream', 'in 0', 'out 2', 'out 2']);
    await expect(watch('fails')).rejects.toThrow(GrpcError);
    expect(told.splice(0)).toContain('OutOfRange');
    expect(await watch('endless', 2)).toBe(2);
    await left.promise;
    expect(told.filter((item) => item === 'Canceled')).toHaveLength(1);
  } finally {
    client.close();
    await server.stop(0);
  }
});
