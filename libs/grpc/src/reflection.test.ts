import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerReflectionClient, ServerReflectionService, type ServerReflectionRequest } from '@rhythm/proto/reflection';
import { bidi, dialGrpc, healthService, reflectionService, serveGrpc, status, type GrpcServer } from './index.ts';

const root = resolve(import.meta.dirname, '../../..');
let server: GrpcServer;
let target: string;
beforeAll(async () => {
  const health = healthService();
  server = await serveGrpc({ host: '127.0.0.1', port: 0, services: [health.service, reflectionService([health.service])] });
  target = `127.0.0.1:${server.port}`;
});
afterAll(() => server.stop(0));

async function ask(messageRequest: ServerReflectionRequest['messageRequest']): Promise<unknown> {
  const client = dialGrpc(ServerReflectionClient, { targets: target });
  try {
    const call = bidi(client, ServerReflectionService.serverReflectionInfo);
    await call.write({ host: '', messageRequest });
    call.end();
    for await (const reply of call.messages) return reply.messageResponse;
    return undefined;
  } finally {
    client.close();
  }
}

describe('reflection', () => {
  test('names the services', async () => {
    expect(await ask({ $case: 'listServices', value: '' })).toEqual({
      $case: 'listServicesResponse',
      value: { service: [{ name: 'grpc.health.v1.Health' }, { name: 'grpc.reflection.v1.ServerReflection' }] },
    });
  });

  test.each(['none.Such', '__proto__', 'constructor', ''])('does not know %j', async (value) => {
    expect(await ask({ $case: 'fileContainingSymbol', value })).toMatchObject({ $case: 'errorResponse', value: { errorCode: status.NOT_FOUND } });
  });

  test('an independent client needs nothing else to call a service', async () => {
    const buf = resolve(root, 'node_modules/.bin/buf');
    const { stdout } = await promisify(execFile)(buf, ['curl', '--http2-prior-knowledge', '--protocol', 'grpc', '-d', '{"service":""}', `http://${target}/grpc.health.v1.Health/Check`]);
    expect(JSON.parse(stdout)).toEqual({ status: 'SERVING' });
  });
});
