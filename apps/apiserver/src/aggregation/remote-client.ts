import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { withTimeout, type Clock } from '@rhythm/base';
import { readAnswer } from '@rhythm/http';
import { failureText } from '../webhooks/failure-text.ts';
import { locateServiceBackend, type LocatePorts, type Outgoing } from '../proxy/index.ts';
import { aggregationLimits } from './limits.ts';
import type { RemoteService } from './service-table.ts';

/** PEM: by which this server proves to aggregated ones that it may speak for others. */
export interface ProxyClientCredentials {
  readonly cert: string;
  readonly key: string;
}

export interface RemotePorts extends LocatePorts {
  readonly clock: Clock;
  /** As it is at the moment. Without one, aggregated servers are called without a certificate, and take the caller for nobody. */
  proxyClient(): ProxyClientCredentials | undefined;
}

/** A ready endpoint of a service. */
export interface RemoteAddress {
  readonly address: string;
  readonly port: number;
}

export interface Fetched {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A server that could not be asked, or whose answer is none. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
}

/** HTTPS to the servers behind APIServices: to a ready endpoint of the Service, which must prove to be `SERVICE.NAMESPACE.svc`. */
export class RemoteClient {
  readonly #ports: RemotePorts;
  readonly #find: typeof locateServiceBackend;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: aggregationLimits.idleConnectionsPerServerMax, timeout: aggregationLimits.idleMs, scheduling: 'lifo' });

  /** @param find where a service is; another one is for tests. */
  constructor(ports: RemotePorts, find: typeof locateServiceBackend = locateServiceBackend) {
    this.#ports = ports;
    this.#find = find;
  }

  /** @throws ApiError NotFound, ServiceUnavailable. */
  locate({ serviceNamespace, serviceName, port }: RemoteService): Promise<RemoteAddress> {
    return this.#find(this.#ports, serviceNamespace, serviceName, port);
  }

  /** Begins a request; its failures are events of it. */
  open(service: RemoteService, { address, port }: RemoteAddress, outgoing: Outgoing, signal: AbortSignal): ClientRequest {
    const { clock } = this.#ports;
    const serverName = `${service.serviceName}.${service.serviceNamespace}.svc`;
    // A kept connection may just have been closed by the other side: what changes something is not sent into doubt.
    const isSafe = outgoing.upgrade !== true && (outgoing.method === 'GET' || outgoing.method === 'HEAD');
    const options: RequestOptions & { readonly ALPNProtocols: readonly string[] } = {
      agent: isSafe ? this.#agent : false,
      host: address,
      port,
      method: outgoing.method,
      path: outgoing.path,
      headers: { ...single(outgoing.headers), host: `${serverName}:${service.port}`, connection: outgoing.upgrade === true ? 'Upgrade' : 'keep-alive' },
      servername: serverName,
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      ...(service.insecure ? { rejectUnauthorized: false } : service.ca === '' ? {} : { ca: service.ca }),
      ...this.#ports.proxyClient(),
      maxHeaderSize: aggregationLimits.responseHeaderBytesMax,
      signal,
    };
    const request = httpsRequest(options);
    const slow = clock.setTimer(aggregationLimits.connectMs, () => request.destroy(new Error(`no connection within ${aggregationLimits.connectMs} ms`)));
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('secureConnect', () => slow.cancel());
      else slow.cancel();
    });
    request.once('close', () => slow.cancel());
    return request;
  }

  /** Reads a document of at most `bytesMax`; no redirect is followed. Rejects with `RemoteError` or, without an endpoint, `ApiError`. */
  async fetch(service: RemoteService, path: string, headers: Outgoing['headers'], { timeoutMs, bytesMax, signal }: { readonly timeoutMs: number; readonly bytesMax: number; readonly signal?: AbortSignal }): Promise<Fetched> {
    const at = await this.locate(service);
    const url = urlOf(at, path);
    for (let attempt = 0; ; attempt++) {
      const limit = withTimeout(this.#ports.clock, timeoutMs, () => new Error('context deadline exceeded'), signal);
      let reused = false;
      try {
        const request = this.open(service, at, { method: 'GET', path, headers }, limit.signal);
        const message = await answered(request);
        return { status: message.statusCode ?? 0, headers: message.headers, body: await readAnswer(message, bytesMax, (why) => new RemoteError(why)) };
      } catch (error) {
        reused = error instanceof ReusedConnection;
        if (reused && attempt === 0 && !limit.signal.aborted) continue;
        const why = limit.signal.aborted ? String((limit.signal.reason as Error).message) : error instanceof RemoteError ? error.message : failureText(reused ? (error as Error).cause : error, `${at.address}:${at.port}`);
        throw new RemoteError(`Get ${JSON.stringify(url)}: ${why}`, { cause: error });
      } finally {
        limit.cancel();
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** As errors and conditions name it. */
export function urlOf({ address, port }: RemoteAddress, path: string): string {
  return `https://${address.includes(':') ? `[${address}]` : address}:${port}${path}`;
}

/** A connection that was kept for too long. */
class ReusedConnection extends Error {}

function answered(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (error: Error & { readonly code?: string }) => reject(request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') ? new ReusedConnection(error.message, { cause: error }) : error));
    request.end();
  });
}

/** Node wants the headers of which there can be one only as strings. */
function single(headers: Outgoing['headers']): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}
