import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';

export interface Answer {
  readonly code?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is. */
  readonly body?: unknown;
}

/** For tests: a webhook that answers as told. */
export interface TestWebhook {
  readonly port: number;
  /** Of the authority that its certificate comes from, as configurations want it. */
  readonly caBundle: string;
  readonly url: (path: string) => string;
  /** Connections that were opened so far. */
  readonly connections: () => number;
  /** Closes what is open and idle. */
  dropIdle(): void;
  stop(): Promise<void>;
}

/** @param answer never answered when it does not resolve; `names`: what the certificate is for besides 127.0.0.1. */
export async function startWebhook(answer: (path: string, body: Record<string, unknown>) => Answer | Promise<Answer>, options: { readonly host?: string; readonly names?: readonly string[] } = {}): Promise<TestWebhook> {
  const authority = await createAuthority('webhook-ca', { clock: systemClock, random: systemRandom });
  const pair = await authority.issue({ commonName: 'webhook', dnsNames: [...(options.names ?? [])], ipAddresses: ['127.0.0.1'], usages: ['server'] });
  let connections = 0;
  // Connections are kept for as long as the test takes, however slow the machine is.
  const server: Server = createServer({ cert: pair.certPem, key: pair.keyPem, keepAliveTimeout: 600_000 }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      void Promise.resolve(answer(request.url ?? '', JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>)).then(({ code = 200, headers = {}, body }) => {
        response.writeHead(code, { 'content-type': 'application/json', ...headers });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  });
  server.on('secureConnection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, options.host ?? '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    caBundle: Buffer.from(authority.certPem).toString('base64'),
    url: (path) => `https://127.0.0.1:${port}${path}`,
    connections: () => connections,
    dropIdle: () => server.closeIdleConnections(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
