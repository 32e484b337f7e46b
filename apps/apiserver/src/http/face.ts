import { ApiError, toApiError } from '@rhythm/api';
import { toError, type Clock, type Log, type Random } from '@rhythm/base';
import type { HttpExchange, HttpUpgrade } from '@rhythm/http';
import { forbidden, unauthorized, type Auth } from '../auth/index.ts';
import type { RemoteFace } from '../aggregation/index.ts';
import type { Auditor } from '../audit/index.ts';
import { boundedPlace, type FlowGate, type Place } from '../flow-control/index.ts';
import type { PathHandler, UpgradeHandler } from '../ports/handlers.ts';
import { limits } from '../limits.ts';
import { parseResourcePath, type ResourcePath } from '../ports/path.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Caller, FlowIds, RenderedEvent, ResourceRequest } from '../ports/types.ts';
import { isProxyPath, type ResourceProxy } from '../proxy/index.ts';
import { upgradeWish } from '../streams/index.ts';
import { auditIdOf } from './audit-id.ts';
import { callerOf, proxiedRequestOf, resourceRequestOf } from './request.ts';
import { refusalOf, sendError, sendResponse, warningHeader } from './reply.ts';
import { jsonFrames, protobufFrames, WatchFrames } from './watch-stream.ts';
import { checkOrigin } from './websocket/origin.ts';
import { serveWebsocketText, textProtocol } from './websocket/text.ts';
import { withProtocolToken } from './websocket/token-protocol.ts';
import { serveWebsocketWatch } from './websocket/watch.ts';

export interface FacePorts {
  readonly pipeline: Pipeline;
  readonly auth: Pick<Auth, 'authenticator' | 'authorizer' | 'anonymous'>;
  readonly paths: readonly PathHandler[];
  readonly upgrades: readonly UpgradeHandler[];
  readonly proxy: ResourceProxy;
  /** Absent: this server alone serves everything. */
  readonly remote?: RemoteFace;
  readonly audit?: Auditor;
  readonly clock: Clock;
  readonly random: Random;
  readonly gate?: FlowGate;
  /** How long a request may keep its place at the gate. */
  readonly requestMs?: number;
  readonly log: Log;
}

/** The Kubernetes HTTP API: what it takes off the wire and puts on it. */
export class HttpFace {
  readonly #ports: FacePorts;
  readonly #jsonFrames = new WatchFrames(jsonFrames);
  readonly #protobufFrames = new WatchFrames(protobufFrames);

  constructor(ports: FacePorts) {
    this.#ports = ports;
  }

  async handle(exchange: HttpExchange): Promise<void> {
    const caller = { ...callerOf(exchange), auditId: auditIdOf(exchange.header('audit-id'), this.#ports.random) };
    exchange.addHeader('audit-id', caller.auditId);
    try {
      const path = parseResourcePath(exchange.path);
      const { remote } = this.#ports;
      if (path === undefined) await this.#other(exchange, caller);
      else if (remote?.serves(path) === true) await remote.serve(this.#ports.pipeline, exchange, caller, path);
      else if (isProxyPath(path)) await this.#proxied(exchange, path, caller);
      else {
        const loadBody = exchange.method === 'GET' || exchange.method === 'HEAD' ? undefined : (): Promise<Uint8Array> => bodyOf(exchange);
        const request = { ...resourceRequestOf(exchange, exchange.method, path, exchange.signal, loadBody), caller, classified: classifier(exchange) };
        if (request.verb === 'watch') await this.#watch(exchange, request);
        else await sendResponse(exchange, await this.#ports.pipeline.handle(request));
      }
    } catch (thrown) {
      if (exchange.signal.aborted) {
        exchange.breakOff();
        return;
      }
      const error = await sendError(exchange, thrown);
      if (exchange.replied) exchange.breakOff();
      if (error.code >= 500) this.#ports.log.error('request failed', { method: exchange.method, path: exchange.path, error: toError(thrown) });
    }
  }

  /** Upgrades have no reply of ours: what refuses them is written by hand. */
  async upgrade(asked: HttpUpgrade): Promise<void> {
    let upgrade = asked;
    try {
      upgrade = withProtocolToken(asked);
      checkOrigin(upgrade);
      const path = parseResourcePath(upgrade.path);
      const { remote } = this.#ports;
      if (path !== undefined && remote?.serves(path) === true) {
        await remote.upgrade(this.#ports.pipeline, upgrade, callerOf(upgrade), path);
        return;
      }
      if (path !== undefined && isProxyPath(path)) {
        await this.#proxiedUpgrade(upgrade, path);
        return;
      }
      const handler = path === undefined ? undefined : this.#ports.upgrades.find((h) => h.group === path.group && h.resource === path.resource && h.subresource === path.subresource);
      if (path === undefined) throw doesNotUpgrade();
      const gone = new AbortController();
      upgrade.socket.once('close', () => gone.abort(new Error('the client has gone')));
      const request = resourceRequestOf(upgrade, upgrade.request.method ?? 'GET', path, gone.signal);
      if (handler === undefined) {
        await this.#streamed(request, upgrade);
        return;
      }
      const call = await this.#ports.pipeline.admit(request);
      await handler.upgrade(this.#ports.pipeline.resourceCall(call), upgrade);
    } catch (thrown) {
      refuseUpgrade(upgrade, thrown);
    }
  }

  /** Watches and logs by WebSocket, for those that cannot take them in chunks. */
  async #streamed(request: ResourceRequest, upgrade: HttpUpgrade): Promise<void> {
    const { pipeline } = this.#ports;
    const isLog = request.verb === 'get' && request.resource === 'pods' && request.subresource === 'log';
    if (upgradeWish(upgrade)?.kind !== 'websocket' || (request.verb !== 'watch' && !isLog)) throw doesNotUpgrade();
    if (request.verb === 'watch') return serveWebsocketWatch(await pipeline.watch(request), upgrade, this.#ports);
    textProtocol(upgrade);
    return serveWebsocketText((await pipeline.handle(request)).body, upgrade, this.#ports);
  }

  async #proxied(exchange: HttpExchange, path: ResourcePath, caller: Caller): Promise<void> {
    const { pipeline, proxy } = this.#ports;
    const call = await pipeline.admit({ ...proxiedRequestOf(exchange, exchange.method, path, exchange.signal), caller });
    await proxy.serve(pipeline.resourceCall(call), exchange);
  }

  async #proxiedUpgrade(upgrade: HttpUpgrade, path: ResourcePath): Promise<void> {
    const { pipeline, proxy } = this.#ports;
    const gone = new AbortController();
    upgrade.socket.once('close', () => gone.abort(new Error('the client has gone')));
    const call = await pipeline.admit(proxiedRequestOf(upgrade, upgrade.request.method ?? 'GET', path, gone.signal));
    await proxy.upgrade(pipeline.resourceCall(call), upgrade);
  }

  async #watch(exchange: HttpExchange, request: Parameters<Pipeline['watch']>[0]): Promise<void> {
    const watch = await this.#ports.pipeline.watch(request);
    const protobuf = watch.contentType.includes('protobuf');
    const stream = exchange.begin(200, { 'content-type': protobuf ? 'application/vnd.kubernetes.protobuf;stream=watch' : 'application/json', 'cache-control': 'no-cache, private', ...warningHeader(watch.warnings ?? []) });
    const frames = protobuf ? this.#protobufFrames : this.#jsonFrames;
    const room = (): Promise<void> | undefined => stream.room();
    const take = (batch: readonly RenderedEvent[]): void => stream.push(frames.of(batch));
    if (watch.pump !== undefined) await watch.pump(room, take);
    else {
      for await (const batch of watch) {
        await room();
        take(batch);
      }
    }
    await stream.end();
  }

  async #other(exchange: HttpExchange, caller: Caller): Promise<void> {
    const { auth, paths } = this.#ports;
    const user = (await auth.authenticator.authenticate(caller)) ?? auth.anonymous(exchange.path);
    if (user === undefined) throw unauthorized();
    const attributes = { user, verb: exchange.method.toLowerCase(), isResource: false, path: exchange.path, group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
    const record = this.#ports.audit?.begin(attributes, { uri: exchange.path, address: exchange.remoteAddress, userAgent: exchange.header('user-agent') ?? '', contentType: '', auditId: caller.auditId });
    let place: Place | undefined;
    try {
      const entered = await this.#ports.gate?.enter(attributes, { options: {}, signal: exchange.signal, classified: classifier(exchange) });
      place = entered === undefined ? undefined : boundedPlace(entered, this.#ports.clock, this.#ports.requestMs ?? limits.requestTimeoutMs);
      const decision = await auth.authorizer.authorize(attributes);
      record?.decided(decision.allowed, decision.reason);
      if (!decision.allowed) throw forbidden(attributes, decision.reason);
      if (isReadOnly(exchange)) throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });
      for (const handler of paths) {
        if (!(await handler(exchange, user, () => place?.leave()))) continue;
        record?.completed(200);
        return;
      }
      throw new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
    } catch (error) {
      const { code, message } = toApiError(error);
      record?.completed(code, message);
      throw error;
    } finally {
      place?.leave();
    }
  }
}

/** Discovery and the version are there to be read. */
function isReadOnly({ method, path }: HttpExchange): boolean {
  return method !== 'GET' && method !== 'HEAD' && /^\/(apis?|version)(\/|$)/.test(path);
}

/** Rejects with an `ApiError`, as which it is counted and written down. */
function bodyOf(exchange: HttpExchange): Promise<Uint8Array> {
  return exchange.readBody().catch((error: unknown) => Promise.reject(refusalOf(error)));
}

function doesNotUpgrade(): ApiError {
  return new ApiError('BadRequest', 'this path does not upgrade connections');
}

/** Tells the client, as Kubernetes does, what its request was taken for. */
function classifier(exchange: HttpExchange): (ids: FlowIds) => void {
  return ({ schema, level }) => {
    exchange.addHeader('x-kubernetes-pf-flowschema-uid', schema);
    exchange.addHeader('x-kubernetes-pf-prioritylevel-uid', level);
  };
}

function refuseUpgrade(upgrade: HttpUpgrade, thrown: unknown): void {
  if (!upgrade.socket.writable) return;
  const error = thrown instanceof ApiError ? thrown : new ApiError('InternalError', 'the connection could not be upgraded', { cause: thrown });
  const body = JSON.stringify(error.toStatus());
  upgrade.socket.end(`HTTP/1.1 ${error.code} ${error.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
