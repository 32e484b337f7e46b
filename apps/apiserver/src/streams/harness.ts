import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { ApiError, KubeObject } from '@rhythm/api';
import { silentLog, systemClock } from '@rhythm/base';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { ResourceCall } from '../ports/handlers.ts';
import type { RequestAttributes } from '../ports/types.ts';
import { FakeNode } from './fake-node.ts';
import { upgradeHandlers } from './index.ts';

// For tests: the handlers of this folder behind an HTTP server, and clients that speak to it as kubectl does.

export const pod = {
  metadata: { name: 'p', namespace: 'a', uid: 'u' },
  spec: { nodeName: 'n1', containers: [{ name: 'main' }], initContainers: [{ name: 'init' }] },
} as unknown as KubeObject;
export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
export const statusOf = (status: object): Uint8Array => Buffer.from(JSON.stringify(status));

/** The handlers behind a plain HTTP server, for one pod. */
export class Harness {
  readonly node = new FakeNode();
  readonly denied = new Set<string>();
  pod = pod;
  refuseDial: ApiError | undefined;
  readonly server: Server;
  readonly ports;

  constructor() {
    const objects = new MemoryObjects();
    objects.put('', 'nodes', { metadata: { name: 'n1' }, status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } } } as unknown as KubeObject);
    this.ports = {
      reader: objects,
      connect: () => (this.refuseDial === undefined ? Promise.resolve(this.node.connect()) : Promise.reject(this.refuseDial)),
      authorizer: {
        authorize: (a: RequestAttributes) => Promise.resolve({ allowed: !this.denied.has(a.verb), reason: '' }),
        rulesFor: () => Promise.reject(new Error('unused')),
      },
      clock: systemClock,
      log: silentLog,
    };
    this.server = createServer();
    this.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  call(subresource: string, query = new URLSearchParams()): ResourceCall {
    const attributes: RequestAttributes = {
      user: { name: 'ann', groups: [] }, verb: 'get', isResource: true, path: '', group: '', version: 'v1', resource: 'pods', subresource, namespace: 'a', name: 'p',
    };
    return {
      attributes,
      user: attributes.user,
      request: { query, signal: new AbortController().signal },
      parent: () => Promise.resolve(this.pod),
      admit: () => Promise.resolve(),
      dryRun: false,
    } as unknown as ResourceCall;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    const subresource = url.pathname.slice(1);
    const pairs = request.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [[name.toLowerCase(), all[i + 1] ?? ''] as const] : []));
    const handler = upgradeHandlers(this.ports).find((h) => h.subresource === subresource);
    await handler?.upgrade(this.call(subresource, url.searchParams), {
      request, socket, head, path: url.pathname, query: url.searchParams, peer: undefined,
      header: (name) => pairs.find(([key]) => key === name)?.[1],
      headersWith: (prefix) => pairs.filter(([key]) => key.startsWith(prefix)),
    });
  }
}

const harnesses: Harness[] = [];
export async function start(): Promise<{ harness: Harness; port: number }> {
  const harness = new Harness();
  harnesses.push(harness);
  return { harness, port: await harness.listen() };
}
/** To call after each test. */
export function stopHarnesses(): void {
  for (const { server } of harnesses.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

export interface Conversation {
  readonly socket: WebSocket;
  readonly channels: Map<number, string>;
  readonly closed: Promise<number>;
  readonly until: (channel: number, part: string) => Promise<void>;
}

export function converse(port: number, path: string, protocols: string[]): Promise<Conversation> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, protocols);
  const channels = new Map<number, string>();
  const waiting: Array<() => void> = [];
  const base64 = (): boolean => socket.protocol.includes('base64');
  socket.on('message', (data: Buffer) => {
    const channel = base64() ? Number(String.fromCharCode(data[0] ?? 0)) : (data[0] ?? -1);
    const body = base64() ? Buffer.from(data.subarray(1).toString(), 'base64') : data.subarray(1);
    channels.set(channel, (channels.get(channel) ?? '') + body.toString());
    for (const wake of waiting.splice(0)) wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const until = async (channel: number, part: string): Promise<void> => {
    while (channels.get(channel)?.includes(part) !== true) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, channels, closed, until }));
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => reject(Object.assign(new Error(`${response.statusCode} ${body}`), { status: response.statusCode })));
    });
    socket.on('error', reject);
  });
}

export interface SpdyClient {
  start(version: number): void;
  request(options: object, callback: (error: Error | null, stream: Duplex & { end(): void }) => void): Duplex;
}
const spdy = createRequire(import.meta.url)('spdy-transport') as { connection: { create(socket: Duplex, options: object): SpdyClient } };

export function spdyUpgrade(port: number, path: string, protocol: string): Promise<{ connection: SpdyClient; socket: Duplex; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: `/${path}`, method: 'POST', headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol } });
    request.on('upgrade', (response, socket) => {
      socket.on('error', () => undefined);
      resolve({ connection: clientOn(socket), socket, headers: response.headers });
    });
    request.on('response', (response) => reject(new Error(`${response.statusCode}`)));
    request.on('error', reject);
    request.end();
  });
}
export function clientOn(socket: Duplex): SpdyClient {
  const connection = spdy.connection.create(socket, { protocol: 'spdy', isServer: false });
  connection.start(3.1);
  return connection;
}
/** Opens a stream; spdystream sends no pseudo headers, this client does: both are read alike. */
export async function openStream(connection: SpdyClient, headers: Record<string, string>): Promise<{ stream: Duplex; text: () => string; ended: Promise<void> }> {
  // One after the other: this client may send streams opened at once in another order than that of their ids.
  const stream = await new Promise<Duplex>((resolve) => void connection.request({ method: 'POST', path: '/', headers }, (_error, sent) => resolve(sent)));
  let received = '';
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => (received += chunk.toString()));
  return { stream, text: () => received, ended: new Promise((resolve) => stream.on('end', resolve)) };
}

/** A WebSocket with a sub-protocol whose name ws itself would not send. */
export function tunnel(port: number, protocol: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16).toString('base64'), 'sec-websocket-protocol': protocol };
    const request = httpRequest({ port, host: '127.0.0.1', path: '/portforward', headers });
    request.on('upgrade', (response, socket, head) => {
      if (response.headers['sec-websocket-protocol'] !== protocol) reject(new Error('another sub-protocol was chosen'));
      const websocket = new WebSocket(null as unknown as string, undefined, { autoPong: true }) as WebSocket & { _isServer: boolean; setSocket(socket: Duplex, head: Buffer, options: object): void };
      websocket._isServer = false;
      websocket.setSocket(socket, head, { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false });
      resolve(websocket);
    });
    request.on('response', (response) => reject(new Error(`${response.statusCode}`)));
    request.end();
  });
}
