import { ApiError, hasReason } from '@rhythm/api';
import { withTimeout, type Clock } from '@rhythm/base';
import type { HttpExchange, HttpUpgrade } from '@rhythm/http';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { ResourcePath } from '../ports/path.ts';
import { timeoutOf, tooLate } from '../pipeline/timeout.ts';
import type { Caller, ResourceRequest, UserInfo } from '../ports/types.ts';
import { WatchCount } from '../ports/watch-count.ts';
import { forward, forwardUpgrade, hostOf, type Backend } from '../proxy/index.ts';
import { identityHeaders } from './identity-headers.ts';
import { aggregationLimits } from './limits.ts';
import type { RemoteClient } from './remote-client.ts';
import type { RemoteOpenApi } from './remote-openapi.ts';
import { checkPlain, groupVersionOf, plainQuery, remoteRequest } from './request-path.ts';
import type { ApiServiceTable, RemoteService } from './service-table.ts';

export interface RemoteFacePorts {
  readonly table: ApiServiceTable;
  readonly client: RemoteClient;
  readonly openApi: Pick<RemoteOpenApi, 'isServedThere'>;
  readonly clock: Clock;
  /** Deadline of everything that is not a watch or a stream. */
  readonly requestMs: number;
}

/** Subresources whose requests last as long as they last. */
const streams = new Set(['proxy', 'exec', 'attach', 'portforward', 'log']);

/** Passes HTTP requests on to the servers behind APIServices, in the name of who was authenticated and authorised here. */
export class RemoteFace {
  readonly #ports: RemoteFacePorts;
  readonly #perUser = new WatchCount(aggregationLimits.openPerUserMax, 'requests to aggregated servers');
  #open = 0;

  constructor(ports: RemoteFacePorts) {
    this.#ports = ports;
  }

  /** Whether a resource path is another server's. */
  serves({ group, version }: Pick<ResourcePath, 'group' | 'version'>): boolean {
    return this.#ports.table.remoteOf(group, version) !== undefined;
  }

  /** A request on a resource. Rejects with `ApiError` while nothing was replied. */
  async serve(pipeline: Pipeline, exchange: HttpExchange, caller: Caller, path: ResourcePath): Promise<void> {
    checkPlain(exchange.path);
    const request = remoteRequest(exchange, caller, exchange.method, path, plainQuery(exchange.rawQuery), exchange.signal);
    await pipeline.permit(request, (user) => this.#counted(user, request, () => this.#forward(exchange, this.#serviceOf(path), user, request)));
  }

  /**
   * The discovery or OpenAPI document of a group version, for a caller who may read it. False: it is not another server's.
   * @param delegated called when it is: the other server's own requests may need the place that this one has.
   */
  async serveDocument(exchange: HttpExchange, user: UserInfo, delegated?: () => void): Promise<boolean> {
    const openApi = /^\/openapi\/v3(\/.+)$/.exec(exchange.path)?.[1];
    const found = groupVersionOf(openApi ?? exchange.path);
    if (openApi !== undefined && !this.#ports.openApi.isServedThere(openApi.slice(1))) return false;
    const service = found === undefined || found.isResource ? undefined : this.#ports.table.remoteOf(found.group, found.version);
    if (service === undefined) return false;
    delegated?.();
    await this.#counted(user, undefined, () => this.#forward(exchange, service, user, undefined));
    return true;
  }

  /** Rejects with `ApiError` while nothing was answered. */
  async upgrade(pipeline: Pipeline, upgrade: HttpUpgrade, caller: Caller, path: ResourcePath): Promise<void> {
    checkPlain(upgrade.path);
    const gone = new AbortController();
    upgrade.socket.once('close', () => gone.abort(new Error('the client has gone')));
    const query = plainQuery(upgrade.request.url?.split('?').slice(1).join('?') ?? '');
    const request = remoteRequest(upgrade, caller, upgrade.request.method ?? 'GET', path, query, gone.signal);
    await pipeline.permit(request, (user) =>
      this.#counted(user, request, async () => {
        const backend = await this.#backend(this.#serviceOf(path), user, true);
        await forwardUpgrade(this.#ports.clock, upgrade, backend, hostOf(upgrade), withQuery(upgrade.path, query));
        return 101;
      }),
    );
  }

  #serviceOf({ group, version }: ResourcePath): RemoteService {
    const service = this.#ports.table.remoteOf(group, version);
    if (service === undefined) throw unavailable(true);
    return service;
  }

  async #forward(exchange: HttpExchange, service: RemoteService, user: UserInfo, request: ResourceRequest | undefined): Promise<number> {
    const backend = await this.#backend(service, user, request !== undefined);
    const path = withQuery(exchange.path, plainQuery(exchange.rawQuery));
    const whole = { exchange, backend, host: hostOf(exchange), path };
    if (request !== undefined && (request.verb === 'watch' || streams.has(request.subresource))) return forward(this.#ports.clock, whole);
    const limit = withTimeout(this.#ports.clock, timeoutOf(request ?? {}, this.#ports.requestMs), tooLate);
    try {
      return await forward(this.#ports.clock, { ...whole, deadline: limit.signal });
    } finally {
      limit.cancel();
    }
  }

  async #backend(service: RemoteService, user: UserInfo, isResource: boolean): Promise<Backend> {
    if (!service.isAvailable) throw unavailable(isResource);
    const headers = identityHeaders(user);
    const at = await this.#ports.client.locate(service).catch((error: unknown) => {
      if (hasReason(error, 'NotFound') || hasReason(error, 'ServiceUnavailable')) throw unavailable(isResource, error);
      throw error;
    });
    return { headers, open: (outgoing, signal) => this.#ports.client.open(service, at, outgoing, signal) };
  }

  async #counted<T>(user: UserInfo, request: ResourceRequest | undefined, run: () => Promise<T>): Promise<T> {
    if (this.#open >= aggregationLimits.openMax) throw new ApiError('TooManyRequests', `${aggregationLimits.openMax} requests to aggregated servers are under way already`, { details: { retryAfterSeconds: 1 } });
    const release = this.#perUser.take(user.name);
    this.#open++;
    try {
      request?.signal.throwIfAborted();
      return await run();
    } finally {
      this.#open--;
      release();
    }
  }
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

/**
 * What clients are told of a server that cannot be reached. Requests on resources are worth trying again in a moment; whoever only wants to know what
 * there is (kubectl does before every command) is not kept waiting.
 */
export function unavailable(isResource: boolean, cause?: unknown): ApiError {
  return new ApiError('ServiceUnavailable', 'the server is currently unable to handle the request', { cause, ...(isResource ? { details: { retryAfterSeconds: 1 } } : {}) });
}
