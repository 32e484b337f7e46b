import { createServer } from 'node:http';

/** Says whether the process does its work: `undefined`, or why it does not. */
export type ReadyCheck = () => string | undefined;

export interface HealthServer {
  /** `host:port`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * `/healthz` and `/livez` (the process answers) and `/readyz` (it does its work) over plain HTTP, for the machine itself:
 * `host` should be a loopback address, since nobody is asked who they are. Nothing else is served.
 */
export function serveHealth(host: string, port: number, ready: ReadyCheck): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const why = path === '/readyz' ? ready() : undefined;
    const known = path === '/healthz' || path === '/livez' || path === '/readyz';
    response.writeHead(known ? (why === undefined ? 200 : 503) : 404, { 'content-type': 'text/plain' });
    response.end(known ? (why ?? 'ok') : 'not found');
  });
  server.maxConnections = 64;
  server.headersTimeout = 5_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({
        endpoint: `${host}:${bound}`,
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
