import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { systemClock, systemRandom } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';
import { HealthClient, HealthService } from '@rhythm/proto/health';
import { dialGrpc, serveGrpc, unary, unaryHandler, type GrpcServer } from '../index.ts';
import { encodeHeaders } from './hpack.ts';
import { frame, hello, rawCaller } from './test-caller.ts';

let server: GrpcServer | undefined;
afterEach(() => server?.stop(0));

const services = [{ definition: HealthService, implementation: { check: unaryHandler(() => Promise.resolve({ status: 1 as const })) } }];

test.each<[string, readonly string[] | undefined]>([['none', undefined], ['HTTP/1.1', ['http/1.1']]])('a TLS caller that offers %s gets nothing', async (_, protocols) => {
  const ca = await createAuthority('test-ca', { clock: systemClock, random: systemRandom });
  const pair = await ca.issue({ commonName: 'server', dnsNames: ['a'], usages: ['server'] });
  server = await serveGrpc({ host: '127.0.0.1', port: 0, services, engine: 'lean', tls: { cert: pair.certPem, key: pair.keyPem } });
  const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: ca.certPem, servername: 'a', ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }) });
  let said = 0;
  socket.on('data', (bytes: Buffer) => (said += bytes.length));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(said).toBe(0);
});

test('a caller that asks on and reads nothing is read no more', async () => {
  server = await serveGrpc({ host: '127.0.0.1', port: 0, services, engine: 'lean' });
  const caller = await rawCaller(server.port);
  const other = dialGrpc(HealthClient, { targets: `127.0.0.1:${server.port}` });
  caller.socket.pause();
  const headers = encodeHeaders([[':method', 'POST'], [':scheme', 'http'], [':path', '/none'], ['content-type', 'application/grpc']]);
  caller.send(hello);
  // Refusals are larger than what they answer: soon nothing more is taken of us.
  let id = 1;
  let sent = 0;
  for (; sent < 64 * 1024 * 1024; ) {
    const burst = Buffer.concat(Array.from({ length: 500 }, () => frame(1, 4 | 1, (id += 2), headers)));
    sent += burst.length;
    if (caller.socket.write(burst)) continue;
    let isTaken = false;
    caller.socket.once('drain', () => (isTaken = true));
    // Others are served, and each of their calls gives the server a turn to read on.
    for (let n = 0; n < 200 && !isTaken; n++) expect(await unary(other, HealthService.check, { service: '' })).toEqual({ status: 1 });
    if (!isTaken) break;
  }
  expect(sent).toBeLessThan(64 * 1024 * 1024);
  caller.socket.destroy();
  other.close();
});
