import { servePages } from './serve-pages.ts';

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
export async function serveHealth(host: string, port: number, ready: ReadyCheck): Promise<HealthServer> {
  const server = await servePages(host, port, async (path) => {
    if (path !== '/healthz' && path !== '/livez' && path !== '/readyz') return undefined;
    const why = path === '/readyz' ? ready() : undefined;
    return { status: why === undefined ? 200 : 503, type: 'text/plain', body: why ?? 'ok' };
  });
  return { endpoint: `${host}:${server.port}`, stop: () => server.stop() };
}
