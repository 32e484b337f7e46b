import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, type TLSSocket } from 'node:tls';
import { ApiError } from '@rhythm/api';
import { causeChain, type Clock } from '@rhythm/base';
import { proxyLimits } from './limits.ts';
import type { ProxyTarget } from './locate.ts';

/** PEM: how this server shows itself to kubelets, and the CA of theirs. */
export interface KubeletCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ConnectPorts {
  readonly clock: Clock;
  /** Absent: nodes are not proxied to. */
  readonly kubelet?: () => KubeletCredentials;
}

export interface Outgoing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string[]>>;
  readonly upgrade?: boolean;
}

/** Opens a request on a connection of its own. @throws ApiError ServiceUnavailable when there is no certificate to show the kubelet. */
export function openRequest(ports: ConnectPorts, target: ProxyTarget, outgoing: Outgoing, signal: AbortSignal): ClientRequest {
  const host = target.address.includes(':') ? `[${target.address}]` : target.address;
  const options: RequestOptions = {
    host: target.address,
    port: target.port,
    method: outgoing.method,
    path: outgoing.path,
    // The name under which the client knows this server stays, as behind Kubernetes.
    headers: { host: `${host}:${target.port}`, ...single(outgoing.headers), connection: outgoing.upgrade === true ? 'Upgrade' : 'keep-alive' },
    // One connection for one request. It is not said to the backend, which might close it over a body that is still coming.
    agent: false,
    maxHeaderSize: proxyLimits.responseHeaderBytesMax,
    signal,
  };
  const request = target.scheme === 'http' ? httpRequest(options) : httpsRequest({ ...options, ...tlsOptions(ports, target) });
  const slow = ports.clock.setTimer(proxyLimits.connectMs, () => request.destroy(new Error(`no connection within ${proxyLimits.connectMs} ms`)));
  request.once('socket', (socket) => socket.once(target.scheme === 'http' ? 'connect' : 'secureConnect', () => slow.cancel()));
  request.once('close', () => slow.cancel());
  return request;
}

/** Node wants the headers of which there can be one only as strings. */
function single(headers: Outgoing['headers']): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}

/** Pods have certificates of their own making, if any: theirs are not checked. A kubelet must be the node that it is asked as. */
function tlsOptions(ports: ConnectPorts, target: ProxyTarget): object {
  const { nodeName } = target;
  if (nodeName === undefined) return { rejectUnauthorized: false };
  if (ports.kubelet === undefined) throw new ApiError('ServiceUnavailable', 'this server was started without a client certificate for kubelets');
  return { ...ports.kubelet(), servername: nodeName, ALPNProtocols: ['http/1.1'], minVersion: 'TLSv1.2', checkServerIdentity: (_host: string, cert: Parameters<typeof checkServerIdentity>[1]) => checkServerIdentity(nodeName, cert) };
}

/** What a backend answers: a reply, or a connection in another protocol. */
export type Answer = { readonly kind: 'reply'; readonly message: IncomingMessage } | { readonly kind: 'switched'; readonly message: IncomingMessage; readonly socket: Duplex | TLSSocket; readonly head: Buffer };

/** The first answer. Rejects with `ApiError` ServiceUnavailable when there is none. */
export function answerOf(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once('response', (message) => resolve({ kind: 'reply', message }));
    request.once('upgrade', (message, socket, head) => resolve({ kind: 'switched', message, socket, head }));
    request.on('error', (error) => reject(unreachable(error)));
    request.once('close', () => reject(unreachable(new Error('the connection was closed before an answer'))));
  });
}

export function unreachable(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // Only kubelets are asked for a protocol in the handshake; gRPC alone is another (RFC 7301, no_application_protocol).
  if (error instanceof Error && error.message.includes('no application protocol')) return new ApiError('ServiceUnavailable', 'the kubelet serves no HTTP: there is nothing behind nodes/proxy', { cause: error });
  return new ApiError('ServiceUnavailable', `error trying to reach service: ${causeChain(error)}`, { cause: error });
}
