import { systemClock, systemRandom, type Live } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';
import { HealthClient, HealthService } from '@rhythm/proto/health';
import { afterAll, expect, test } from 'vitest';
import { dialGrpc, serveGrpc, status, unary, unaryHandler, type ClientTls, type GrpcServer } from './index.ts';
import { anyPort } from './testing/index.ts';

/** A value that the test changes. */
class Changing<T> implements Live<T> {
  current: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(current: T) {
    this.current = current;
  }

  onChange(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(value: T): void {
    this.current = value;
    for (const listener of this.#listeners) listener(value);
  }
}

const servers: GrpcServer[] = [];
afterAll(async () => void (await Promise.all(servers.map((server) => server.stop(0)))));

test('a client whose certificates change uses the new ones for new connections, by address and with several targets', async () => {
  const ports = { clock: systemClock, random: systemRandom };
  const [one, two] = [await createAuthority('one', ports), await createAuthority('two', ports)];
  const pairOf = async (authority: typeof one, usage: 'server' | 'client'): Promise<{ cert: string; key: string }> => {
    const { certPem: cert, keyPem: key } = await authority.issue({ commonName: usage, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: [usage] });
    return { cert, key };
  };
  const serve = async (authority: typeof one, port = 0): Promise<GrpcServer> => {
    const server = await serveGrpc({
      host: '127.0.0.1',
      port,
      services: [{ definition: HealthService, implementation: { check: unaryHandler(() => Promise.resolve({ status: 1 as const })), watch: () => undefined } as never }],
      tls: { ...(await pairOf(authority, 'server')), clientCa: authority.certPem, requireClientCert: true },
    });
    servers.push(server);
    return server;
  };
  // It comes back on its port.
  const server = await serve(one, await anyPort());
  const tls = new Changing<ClientTls>({ ca: one.certPem, ...(await pairOf(one, 'client')) });
  const client = dialGrpc(HealthClient, { targets: [`127.0.0.1:${server.port}`, '127.0.0.1:1'], tls, reconnectMs: { initial: 10, max: 20 } });
  const call = (): Promise<number> =>
    unary(client, HealthService.check, { service: '' }, { deadlineMs: 30_000 }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  expect(await call()).toBe(0);
  await server.stop(0);
  await serve(two, server.port);
  expect(await call()).toBe(status.UNAVAILABLE);
  tls.set({ ca: two.certPem, ...(await pairOf(two, 'client')) });
  await expect.poll(call).toBe(0);
  client.close();
});
