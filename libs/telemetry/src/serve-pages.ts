import { createServer, type Server, type ServerResponse } from 'node:http';

/** What a page answers. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Gives the page of a path, or undefined where there is none. */
export type Pages = (path: string, query: URLSearchParams) => Promise<Page | undefined>;

export interface PageServer {
  readonly port: number;
  stop(): Promise<void>;
}

const connectionsMax = 64;
const headersTimeoutMs = 5_000;
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Serves a few small pages (health, metrics) over plain HTTP: GET and HEAD only, nobody is asked who they are. Rejects when the address cannot be bound. */
export function servePages(host: string, port: number, pages: Pages): Promise<PageServer> {
  const server = createServer((request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      write(response, { status: 405, type: 'text/plain', body: 'Method Not Allowed\n' });
      return;
    }
    pages(path, new URLSearchParams(query)).then(
      (page) => write(response, page ?? { status: 404, type: 'text/plain', body: 'not found' }),
      (error: unknown) => write(response, { status: 500, type: 'text/plain', body: `${error instanceof Error ? error.message : String(error)}\n` }),
    );
  });
  server.maxConnections = connectionsMax;
  server.headersTimeout = headersTimeoutMs;
  return listen(server, host, port);
}

function write(response: ServerResponse, { status, type, body }: Page): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: Server, host: string, port: number): Promise<PageServer> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`cannot listen on ${host}:${port}`, { cause: error })));
    server.listen(port, host, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
