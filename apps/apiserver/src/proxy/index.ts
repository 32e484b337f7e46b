/**
 * The `proxy` subresources of pods, services and nodes: HTTP of whatever kind, passed on to a pod or a kubelet. Imports the
 * pipeline's ports and where `streams` finds a kubelet.
 */
import { ApiError } from '@rhythm/api';
import type { HttpExchange, HttpUpgrade } from '@rhythm/http';
import type { ResourceCall } from '../ports/handlers.ts';
import { WatchCount } from '../ports/watch-count.ts';
import { openRequest, type ConnectPorts } from './connect.ts';
import { forward, type Backend } from './forward.ts';
import { forwardUpgrade } from './forward-upgrade.ts';
import { hostOf } from './headers.ts';
import { proxyLimits } from './limits.ts';
import { locate, type LocatePorts, type ProxyTarget } from './locate.ts';
import { rawTail } from './raw-tail.ts';
import type { ProxyPlace } from './rewrite-url.ts';

export type { KubeletCredentials } from './connect.ts';
export { answerOf, unreachable, type Outgoing } from './connect.ts';
export { forward, type Backend } from './forward.ts';
export { forwardUpgrade } from './forward-upgrade.ts';
export { hostOf } from './headers.ts';
export { locateServiceBackend, type LocatePorts } from './locate.ts';
export { isProxyPath } from './raw-tail.ts';

export type ProxyPorts = ConnectPorts & LocatePorts;

/** Passes on what its caller may: requests come authenticated and authorised. */
export class ResourceProxy {
  readonly #ports: ProxyPorts;
  readonly #perUser = new WatchCount(proxyLimits.openPerUserMax, 'proxied requests');
  readonly #find: typeof locate;
  #open = 0;

  /** @param find where a request goes; another one is for tests. */
  constructor(ports: ProxyPorts, find: typeof locate = locate) {
    this.#ports = ports;
    this.#find = find;
  }

  /** Rejects with `ApiError` while nothing was replied. */
  async serve(call: ResourceCall, exchange: HttpExchange): Promise<void> {
    const tail = rawTail(exchange.path, call.request.namespace !== '');
    const query = exchange.rawQuery === '' ? '' : `?${exchange.rawQuery}`;
    if (tail === '') {
      // Relative links of a page at the root would otherwise be looked for beside it.
      await exchange.send(301, { location: `${exchange.path}/${query}` }, new Uint8Array());
      return;
    }
    await this.#counted(call, async () => {
      const target = await this.#locate(call);
      const host = hostOf(exchange);
      await forward(this.#ports.clock, { exchange, host, backend: this.#backend(target, placeOf(exchange.path, tail, host, target)), path: tail + query });
    });
  }

  /** Rejects with `ApiError` while nothing was answered. */
  async upgrade(call: ResourceCall, upgrade: HttpUpgrade): Promise<void> {
    const tail = rawTail(upgrade.path, call.request.namespace !== '');
    const url = upgrade.request.url ?? '';
    const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    await this.#counted(call, async () => {
      const target = await this.#locate(call);
      const host = hostOf(upgrade);
      await forwardUpgrade(this.#ports.clock, upgrade, this.#backend(target, placeOf(upgrade.path, tail, host, target)), host, (tail === '' ? '/' : tail) + query);
    });
  }

  #backend(target: ProxyTarget, place: ProxyPlace): Backend {
    return { place, open: (outgoing, signal) => openRequest(this.#ports, target, outgoing, signal) };
  }

  async #locate(call: ResourceCall): Promise<ProxyTarget> {
    await call.admit('CONNECT');
    const { resource, namespace, name } = call.request;
    return this.#find(this.#ports, resource, namespace, name);
  }

  async #counted(call: ResourceCall, run: () => Promise<void>): Promise<void> {
    if (this.#open >= proxyLimits.openMax) throw new ApiError('TooManyRequests', `${proxyLimits.openMax} requests are being proxied already`);
    const release = this.#perUser.take(call.user.name);
    this.#open++;
    try {
      await run();
    } finally {
      this.#open--;
      release();
    }
  }
}

function placeOf(path: string, tail: string, host: string, target: ProxyTarget): ProxyPlace {
  const address = target.address.includes(':') ? `[${target.address}]` : target.address;
  return { host, prefix: path.slice(0, path.length - tail.length), backend: `${address}:${target.port}`, backendScheme: target.scheme };
}
