import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import { ApiError, type KubeObject } from '@rhythm/api';
import { silentLog, systemClock } from '@rhythm/base';
import { GrpcError } from '@rhythm/grpc';
import type { LogsRequest } from '@rhythm/proto/node';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { ResourceCall } from '../pipeline/handlers.ts';
import type { RequestAttributes } from '../pipeline/types.ts';
import { FakeNode } from './fake-node.ts';
import { streamHandlers, upgradeHandlers } from './index.ts';

const pod = {
  metadata: { name: 'p', namespace: 'a', uid: 'u' },
  spec: { nodeName: 'n1', containers: [{ name: 'main' }], initContainers: [{ name: 'init' }] },
} as unknown as KubeObject;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const statusOf = (status: object): Uint8Array => Buffer.from(JSON.stringify(status));

/** The handlers behind a plain HTTP server, for one pod. */
class Harness {
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
async function start(): Promise<{ harness: Harness; port: number }> {
  const harness = new Harness();
  harnesses.push(harness);
  return { harness, port: await harness.listen() };
}
afterEach(() => {
  for (const { server } of harnesses.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Echoes stdin to stdout, then exits with 3 once stdin ends. */
const echo: FakeNode['command'] = async (call) => {
  for await (const { input } of call.inputs) {
    if (input?.$case === 'start') call.send({ output: { $case: 'stderr', value: Buffer.from(JSON.stringify(input.value)) } });
    if (input?.$case === 'resize') call.send({ output: { $case: 'stdout', value: Buffer.from(`${input.value.width}x${input.value.height}`) } });
    if (input?.$case === 'stdin') call.send({ output: { $case: 'stdout', value: input.value } });
    if (input?.$case === 'stdinClosed') break;
  }
  call.send({ output: { $case: 'status', value: statusOf({ metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', message: 'command terminated with non-zero exit code', details: { causes: [{ reason: 'ExitCode', message: '3' }] } }) } });
};

interface Conversation {
  readonly socket: WebSocket;
  readonly channels: Map<number, string>;
  readonly closed: Promise<number>;
  readonly until: (channel: number, part: string) => Promise<void>;
}

function converse(port: number, path: string, protocols: string[]): Promise<Conversation> {
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

describe('exec over WebSocket', () => {
  test('v5 carries stdin, its end, sizes and both outputs, and ends with the Status on channel 3', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { socket, channels, closed, until } = await converse(port, 'exec?stdin=true&stdout=true&stderr=true&command=sh&command=-c&container=main', ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
    expect(socket.protocol).toBe('v5.channel.k8s.io');
    socket.send(Buffer.from('\u0000hello'));
    socket.send(Buffer.from('\u0004{"Width":80,"Height":24}'));
    await until(1, '80x24');
    socket.send(Uint8Array.of(255, 0));
    expect(await closed).toBe(1000);
    expect(channels.get(1)).toBe('hello80x24');
    expect(JSON.parse(channels.get(2) ?? '')).toMatchObject({ command: ['sh', '-c'], stdin: true, tty: false, container: { namespace: 'a', pod: 'p', podUid: 'u', container: 'main' } });
    expect(JSON.parse(channels.get(3) ?? '')).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '3' }] } });
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('base64 sub-protocols carry the same as text', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { socket, until } = await converse(port, 'exec?stdin=1&stdout=1&command=x', ['base64.channel.k8s.io']);
    socket.send(`0${Buffer.from('grüß').toString('base64')}`);
    await until(1, 'grüß');
    socket.close();
  });

  test('large output arrives whole and in order', async () => {
    const { harness, port } = await start();
    harness.node.command = (call) => {
      for (let i = 0; i < 200; i++) call.send({ output: { $case: 'stdout', value: Buffer.from(`${i},`.padEnd(16_384, '.')) } });
      call.send({ output: { $case: 'status', value: statusOf({ status: 'Success', metadata: {} }) } });
      return Promise.resolve();
    };
    const { channels, closed } = await converse(port, 'exec?stdout=1&command=x', ['v4.channel.k8s.io']);
    await closed;
    expect(channels.get(1)?.length).toBe(200 * 16_384);
    expect(channels.get(1)?.split(',').length).toBe(201);
    expect(JSON.parse(channels.get(3) ?? '')).toMatchObject({ status: 'Success' });
  });

  test('a client that goes ends the call on the node', async () => {
    const { harness, port } = await start();
    const cancelled = Promise.withResolvers<void>();
    harness.node.command = async (call) => {
      await call.cancelled;
      cancelled.resolve();
    };
    const { socket } = await converse(port, 'exec?stdin=1&stdout=1&command=x', ['v5.channel.k8s.io']);
    socket.terminate();
    await cancelled.promise;
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('a node that fails, or ends without a word, is told as a failed Status', async () => {
    const { harness, port } = await start();
    for (const [command, message] of [
      [() => Promise.reject(new GrpcError(5, 'container not found ("main")')), 'container not found'],
      [() => Promise.resolve(), 'without saying how'],
    ] as const) {
      harness.node.command = command;
      const { channels, closed } = await converse(port, 'exec?stdout=1&command=x', ['v4.channel.k8s.io']);
      await closed;
      expect((JSON.parse(channels.get(3) ?? '') as { message: string }).message).toContain(message);
    }
  });

  test.each([
    ['exec?command=x', 400, 'at least 1 of stdin'],
    ['exec?stdout=1', 400, 'must specify a command'],
    ['exec?stdout=1&command=x&container=nope', 400, 'container nope is not valid for pod p'],
  ])('%s is refused before the upgrade', async (path, status, message) => {
    const { harness, port } = await start();
    await expect(converse(port, path, ['v4.channel.k8s.io'])).rejects.toThrow(new RegExp(`${status}.*${message}`));
    expect(harness.node.open).toBe(0);
  });

  test('an unknown sub-protocol, a missing permission and a dead node are refused before the upgrade', async () => {
    const { harness, port } = await start();
    await expect(converse(port, 'exec?stdout=1&command=x', ['v9.channel.k8s.io'])).rejects.toThrow('403');
    harness.denied.add('create');
    await expect(converse(port, 'exec?stdout=1&command=x', ['v5.channel.k8s.io'])).rejects.toThrow('cannot create resource');
    harness.denied.clear();
    harness.refuseDial = new ApiError('InternalError', 'error dialing backend: n1');
    await expect(converse(port, 'exec?stdout=1&command=x', ['v5.channel.k8s.io'])).rejects.toThrow('error dialing backend');
    harness.refuseDial = undefined;
    harness.pod = { ...pod, spec: { containers: [{ name: 'main' }] } } as unknown as KubeObject;
    await expect(converse(port, 'exec?stdout=1&command=x', ['v5.channel.k8s.io'])).rejects.toThrow('does not have a host assigned');
    expect(harness.node.open).toBe(0);
  });

  test('a message over the limit and noise on unknown channels end or change nothing else', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { socket, closed, until } = await converse(port, 'exec?stdin=1&stdout=1&command=x', ['v4.channel.k8s.io']);
    for (const noise of ['', '\u0007x', '\u0004not json', '\u0004{"Width":-1,"Height":1e9}', '\u0001stdout?']) socket.send(Buffer.from(noise));
    socket.send(Buffer.from('\u0000fine'));
    await until(1, 'fine');
    socket.send(Buffer.alloc(2 * 1024 * 1024));
    expect(await closed).toBe(1009);
    await expect.poll(() => harness.node.open).toBe(0);
  });
});

interface SpdyClient {
  start(version: number): void;
  request(options: object, callback: (error: Error | null, stream: Duplex & { end(): void }) => void): Duplex;
}
const spdy = createRequire(import.meta.url)('spdy-transport') as { connection: { create(socket: Duplex, options: object): SpdyClient } };

function spdyUpgrade(port: number, path: string, protocol: string): Promise<{ connection: SpdyClient; socket: Duplex; headers: IncomingMessage['headers'] }> {
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
function clientOn(socket: Duplex): SpdyClient {
  const connection = spdy.connection.create(socket, { protocol: 'spdy', isServer: false });
  connection.start(3.1);
  return connection;
}
/** Opens a stream; spdystream sends no pseudo headers, this client does: both are read alike. */
async function openStream(connection: SpdyClient, headers: Record<string, string>): Promise<{ stream: Duplex; text: () => string; ended: Promise<void> }> {
  // One after the other: this client may send streams opened at once in another order than that of their ids.
  const stream = await new Promise<Duplex>((resolve) => void connection.request({ method: 'POST', path: '/', headers }, (_error, sent) => resolve(sent)));
  let received = '';
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => (received += chunk.toString()));
  return { stream, text: () => received, ended: new Promise((resolve) => stream.on('end', resolve)) };
}

describe('exec over SPDY', () => {
  test('each stream does its part, the end of stdin is seen, and the Status comes on the error stream', async () => {
    const { harness, port } = await start();
    harness.node.command = echo;
    const { connection, headers, socket } = await spdyUpgrade(port, 'exec?stdin=1&stdout=1&stderr=1&command=cat', 'v4.channel.k8s.io');
    expect(headers['x-stream-protocol-version']).toBe('v4.channel.k8s.io');
    const error = await openStream(connection, { streamtype: 'error' });
    const stdin = await openStream(connection, { streamtype: 'stdin' });
    const stdout = await openStream(connection, { streamtype: 'stdout' });
    const stderr = await openStream(connection, { streamtype: 'stderr' });
    stdin.stream.write('over spdy');
    stdin.stream.end();
    await Promise.all([error.ended, stdout.ended, stderr.ended]);
    socket.destroy();
    expect(stdout.text()).toBe('over spdy');
    expect(JSON.parse(error.text())).toMatchObject({ reason: 'NonZeroExitCode' });
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('bytes that are not SPDY end the connection', async () => {
    const { harness, port } = await start();
    const { socket } = await spdyUpgrade(port, 'exec?stdout=1&command=x', 'v4.channel.k8s.io');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(Buffer.from('GET / HTTP/1.1\r\nHost: evil\r\n\r\n'.repeat(100)));
    await closed;
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('a protocol that is not spoken is refused', async () => {
    const { port } = await start();
    await expect(spdyUpgrade(port, 'exec?stdout=1&command=x', 'v0')).rejects.toThrow('403');
  });
});

/** A WebSocket with a sub-protocol whose name ws itself would not send. */
function tunnel(port: number, protocol: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16).toString('base64'), 'sec-websocket-protocol': protocol };
    const request = httpRequest({ port, host: '127.0.0.1', path: '/portforward', headers });
    request.on('upgrade', (response, socket, head) => {
      expect(response.headers['sec-websocket-protocol']).toBe(protocol);
      const websocket = new WebSocket(null as unknown as string, undefined, { autoPong: true }) as WebSocket & { _isServer: boolean; setSocket(socket: Duplex, head: Buffer, options: object): void };
      websocket._isServer = false;
      websocket.setSocket(socket, head, { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false });
      resolve(websocket);
    });
    request.on('response', (response) => reject(new Error(`${response.statusCode}`)));
    request.end();
  });
}

describe('port-forward', () => {
  const upper: FakeNode['forward'] = async (call) => {
    for await (const { input } of call.inputs) {
      if (input?.$case === 'start' && input.value.port === 1) {
        call.send({ output: { $case: 'error', value: 'connection refused' } });
        return;
      }
      if (input?.$case === 'data') call.send({ output: { $case: 'data', value: Buffer.from(text(input.value).toUpperCase()) } });
      if (input?.$case === 'closed') break;
    }
    call.send({ output: { $case: 'data', value: Buffer.from('!') } });
  };

  async function forward(connection: SpdyClient, id: number, port: number, sent: string): Promise<{ data: string; error: string }> {
    const error = await openStream(connection, { streamtype: 'error', port: String(port), requestid: String(id) });
    error.stream.end();
    const data = await openStream(connection, { streamtype: 'data', port: String(port), requestid: String(id) });
    data.stream.write(sent);
    data.stream.end();
    await Promise.all([error.ended, data.ended]);
    return { data: data.text(), error: error.text() };
  }

  test('several connections over SPDY, half-closed ones answered to the end', async () => {
    const { harness, port } = await start();
    harness.node.forward = upper;
    const { connection, socket } = await spdyUpgrade(port, 'portforward', 'portforward.k8s.io');
    const results = [await forward(connection, 0, 80, 'abc'), await forward(connection, 1, 81, 'def'), await forward(connection, 2, 1, 'x')];
    expect(results).toEqual([{ data: 'ABC!', error: '' }, { data: 'DEF!', error: '' }, { data: '', error: 'connection refused' }]);
    socket.destroy();
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('the same inside a WebSocket, as newer kubectl does', async () => {
    const { harness, port } = await start();
    harness.node.forward = upper;
    const socket = await tunnel(port, 'SPDY/3.1+portforward.k8s.io');
    const connection = clientOn(createWebSocketStream(socket));
    expect(await forward(connection, 0, 80, 'tunnel')).toEqual({ data: 'TUNNEL!', error: '' });
    socket.terminate();
    await expect.poll(() => harness.node.open).toBe(0);
  });

  test('plain channels, as the Python and JavaScript clients use them', async () => {
    const { harness, port } = await start();
    harness.node.forward = upper;
    const { socket, channels, until } = await converse(port, 'portforward?ports=80,1&ports=258', ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
    expect(socket.protocol).toBe('v4.channel.k8s.io');
    socket.send(Buffer.from('\u0000abc'));
    socket.send(Buffer.from('\u0004def'));
    socket.send(Buffer.from('\u0009nobody'));
    await Promise.all([until(0, 'ABC'), until(4, 'DEF'), until(3, 'connection refused')]);
    expect([channels.get(0), channels.get(3), channels.get(4)]).toEqual(['\u0050\u0000ABC', '\u0001\u0000connection refused', '\u0002\u0001DEF']);
    socket.terminate();
    await expect.poll(() => harness.node.open).toBe(0);
    for (const query of ['', '?ports=0', '?ports=70000', '?ports=80;81']) await expect(converse(port, `portforward${query}`, ['v4.channel.k8s.io'])).rejects.toThrow('400');
    expect(harness.node.open).toBe(0);
  });

  test('streams without a port or a kind are reset', async () => {
    const { port } = await start();
    const { connection, socket } = await spdyUpgrade(port, 'portforward', 'portforward.k8s.io');
    for (const headers of [{ streamtype: 'data' }, { streamtype: 'data', port: '70000' }, { port: '80' }] as Array<Record<string, string>>) {
      const { stream } = await openStream(connection, { requestid: '1', ...headers });
      await new Promise((resolve) => stream.on('close', resolve));
    }
    socket.destroy();
  });
});

describe('logs', () => {
  async function logs(harness: Harness, query: string): Promise<string> {
    const handler = streamHandlers(harness.ports).find((h) => h.subresource === 'log');
    const result = await handler?.handle(harness.call('log', new URLSearchParams(query)));
    if (result === undefined || !('response' in result)) throw new Error('no response');
    const parts: string[] = [];
    for await (const chunk of result.response.body as AsyncIterable<Uint8Array>) parts.push(text(chunk));
    return parts.join('');
  }

  test('pass all options on and stream the text', async () => {
    const harness = new Harness();
    let asked: LogsRequest | undefined;
    harness.node.logs = async function* (request) {
      asked = request;
      yield { data: Buffer.from('one\n') };
      yield { data: Buffer.from('two\n') };
    };
    expect(await logs(harness, 'container=init&follow=true&previous=1&timestamps=true&tailLines=5&limitBytes=100&sinceSeconds=7&stream=All')).toBe('one\ntwo\n');
    expect(asked).toEqual({ container: { namespace: 'a', pod: 'p', podUid: 'u', container: 'init' }, follow: true, previous: true, timestamps: true, tailLines: 5n, limitBytes: 100n, sinceSeconds: 7n, sinceTime: '', stream: '' });
    expect(harness.node.open).toBe(0);
  });

  test('a failure of the node before the first byte is a Status', async () => {
    const harness = new Harness();
    harness.node.logs = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new GrpcError(3, 'container "main" in pod "p" is waiting to start: ContainerCreating')) }) });
    await expect(logs(harness, '')).rejects.toMatchObject({ reason: 'BadRequest', message: 'container "main" in pod "p" is waiting to start: ContainerCreating' });
    expect(harness.node.open).toBe(0);
  });

  test('a pod that runs nowhere has an empty log', async () => {
    const harness = new Harness();
    harness.pod = { ...pod, spec: { containers: [{ name: 'main' }] } } as unknown as KubeObject;
    expect(await logs(harness, '')).toBe('');
  });

  test.each([['tailLines=-1'], ['limitBytes=0'], ['sinceSeconds=0'], ['sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z'], ['sinceTime=yesterday'], ['stream=Both'], ['tailLines=1e3'], ['container=nope']])('%s is refused', async (query) => {
    await expect(logs(new Harness(), query)).rejects.toBeInstanceOf(ApiError);
  });

  test('several containers and no choice is refused with their names', async () => {
    const harness = new Harness();
    harness.pod = { ...pod, spec: { nodeName: 'n1', containers: [{ name: 'x' }, { name: 'y' }] } } as unknown as KubeObject;
    await expect(logs(harness, '')).rejects.toThrow('a container name must be specified for pod p, choose one of: [x y]');
  });
});

test('proxies and plain requests to upgrade endpoints say what they are', async () => {
  const harness = new Harness();
  for (const handler of streamHandlers(harness.ports).filter((h) => h.subresource !== 'log')) {
    await expect(handler.handle(harness.call(handler.subresource))).rejects.toThrow(/does not proxy|Upgrade request required/);
  }
});
