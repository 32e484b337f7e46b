import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog, systemClock, VirtualClock } from '@rhythm/base';
import type { HttpUpgrade } from '@rhythm/http';
import type { KeyPair } from '@rhythm/pki';
import type { Apiserver } from '../../start.ts';
import { insider, startTestServer, storeWithPast, testCluster, testUser } from '../../test-server.ts';
import { OneWaySocket, websocketLimits } from './connection.ts';
import { serveWebsocketText } from './text.ts';

let api: Apiserver;
let ca: string;
let admin: KeyPair;
let token = '';

beforeAll(async () => {
  const cluster = await testCluster();
  ca = cluster.authority.certPem;
  admin = await testUser(cluster.authority, 'admin', 'system:masters');
  api = await startTestServer(cluster, { store: await storeWithPast() });
  await write('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'reader' } });
  await write('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'reader' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }] });
  const made = await write('POST', '/api/v1/namespaces/default/serviceaccounts/reader/token', { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} });
  token = Buffer.from((made['status'] as { token: string }).token).toString('base64url');
});
afterAll(() => api.stop());

/** Writes past the faces. */
async function write(method: 'POST' | 'DELETE', path: string, body: object = {}): Promise<Record<string, unknown>> {
  const [, group = '', version = '', namespace = '', resource = '', name = '', subresource = ''] = /^\/apis?(?:\/([^/]+\.[^/]+))?\/(v\d+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
  const response = await api.pipeline.handle({ caller: insider, verb: method === 'POST' ? 'create' : 'delete', group, version, namespace, resource, name, subresource, options: {}, body: Buffer.from(JSON.stringify(body)), contentType: 'application/json', accept: 'application/json', userAgent: 'test', signal: new AbortController().signal });
  return JSON.parse(Buffer.from(response.body as Uint8Array).toString()) as Record<string, unknown>;
}

const maps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name } });
const byCertificate = (): ClientOptions => ({ ca, cert: admin.certPem, key: admin.keyPem });

interface Talk {
  readonly socket: WebSocket;
  readonly messages: { readonly text: string; readonly binary: boolean }[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  count(messages: number): Promise<void>;
}

/** Rejects with `STATUS body` when the server refuses. */
function open(path: string, protocols: string[] = [], options: ClientOptions = byCertificate(), base = `wss://127.0.0.1:${api.port}`): Promise<Talk> {
  const socket = new WebSocket(`${base}${path}`, protocols, options);
  const messages: { text: string; binary: boolean }[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer, binary) => {
    messages.push({ text: data.toString('latin1'), binary });
    for (const wake of waiting) wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const count = async (wanted: number): Promise<void> => {
    while (messages.length < wanted) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, messages, closed, count }));
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => reject(new Error(`${response.statusCode} ${body}`)));
    });
    socket.on('error', reject);
  });
}

describe('watches', () => {
  test('one event in each text message', async () => {
    const talk = await open(`${maps}?watch=1&fieldSelector=metadata.name%3Dseen`);
    await write('POST', maps, configMap('seen'));
    await write('DELETE', `${maps}/seen`);
    await talk.count(2);
    expect(talk.messages.map(({ binary }) => binary)).toEqual([false, false]);
    expect(talk.messages.map(({ text }) => JSON.parse(text) as object)).toMatchObject([{ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'seen' } } }, { type: 'DELETED' }]);
    talk.socket.terminate();
  });

  test('until the time is over', async () => {
    const talk = await open(`${maps}?watch=1&fieldSelector=metadata.name%3Dnone&timeoutSeconds=1`);
    expect([await talk.closed, talk.messages]).toEqual([1000, []]);
  });

  test('protobuf in binary messages; what the client says is forgotten, and its close ends the watch', async () => {
    await write('POST', maps, configMap('binary'));
    const talk = await open(`${maps}?watch=1&fieldSelector=metadata.name%3Dbinary`, [], { ...byCertificate(), headers: { accept: 'application/vnd.kubernetes.protobuf' } });
    talk.socket.send('nonsense');
    await talk.count(1);
    expect(talk.messages[0]?.binary).toBe(true);
    expect(talk.messages[0]?.text.slice(0, 8)).toBe('\n\u0005ADDED\u0012');
    talk.socket.close();
    expect(await talk.closed).toBe(1005);
  });

  test('too old comes as an event', async () => {
    const talk = await open(`${maps}?watch=1&resourceVersion=1`);
    expect(await talk.closed).toBe(1000);
    expect(talk.messages.map(({ text }) => JSON.parse(text) as object)).toMatchObject([{ type: 'ERROR', object: { reason: 'Expired', code: 410 } }]);
  });

  test('refused with a Status: who may not, what cannot be watched, what does not upgrade', async () => {
    await expect(open(`${maps}?watch=1`, [], { ca })).rejects.toThrow(/^401 .*"reason":"Unauthorized"/);
    await expect(open('/api/v1/namespaces/default/secrets?watch=1', [`base64url.bearer.authorization.k8s.io.${token}`, 'x'], { ca })).rejects.toThrow(/^403 .*cannot watch resource/);
    await expect(open('/api/v1/bindings?watch=1')).rejects.toThrow(/^405 /);
    await expect(open(maps)).rejects.toThrow(/^400 .*does not upgrade/);
  });
});

describe('a token as a sub-protocol', () => {
  const withToken = (...protocols: string[]): Promise<Talk> => open(`${maps}?watch=1&timeoutSeconds=1`, protocols, { ca });

  test('stands for the header, and is not sent back', async () => {
    const talk = await withToken(`base64url.bearer.authorization.k8s.io.${token}`, 'binary.k8s.io');
    expect(talk.socket.protocol).toBe('binary.k8s.io');
    await talk.closed;
  });

  test.each([
    ['without another protocol', () => [`base64url.bearer.authorization.k8s.io.${token}`]],
    ['twice', () => [`base64url.bearer.authorization.k8s.io.${token}`, `base64url.bearer.authorization.k8s.io.${token}x`, 'x']],
    ['that is no base64url', () => ['base64url.bearer.authorization.k8s.io.a', 'x']],
    ['that nobody signed', () => [`base64url.bearer.authorization.k8s.io.${Buffer.from('a.b.c').toString('base64url')}`, 'x']],
    ['with something behind it', () => [`base64url.bearer.authorization.k8s.io.${Buffer.from('a\r\nImpersonate-User: x').toString('base64url')}`, 'x']],
  ])('%s is 401', async (_name, protocols) => {
    await expect(withToken(...protocols())).rejects.toThrow(/^401 /);
  });
});

describe('the origin of a page', () => {
  const from = (origin: string, options: ClientOptions = byCertificate(), protocols: string[] = []): Promise<Talk> => open(`${maps}?watch=1&timeoutSeconds=1`, protocols, { ...options, headers: { origin } });

  test.each(['http://localhost', 'https://localhost:3000', 'http://[::1]:8', 'own'])('%s may use the certificate', async (origin) => {
    const talk = await from(origin === 'own' ? `https://127.0.0.1:${api.port}` : origin);
    talk.socket.terminate();
  });

  test.each(['https://evil.example', 'null', 'https://localhost.evil.example', 'http://127.0.0.1.evil.example', 'nonsense'])('%s may not', async (origin) => {
    await expect(from(origin)).rejects.toThrow(/^403 .*origin/);
    await expect(open('/api/v1/namespaces/default/pods/p/exec?command=sh&stdout=1', ['v5.channel.k8s.io'], { ...byCertificate(), headers: { origin } })).rejects.toThrow(/^403 .*origin/);
  });

  test('does not matter to who brings a token', async () => {
    const talk = await from('https://dashboard.example', { ca }, [`base64url.bearer.authorization.k8s.io.${token}`, 'x']);
    talk.socket.terminate();
  });
});

describe('text', () => {
  test('a log begins with an empty message; other protocols are refused before anything is asked', async () => {
    await write('POST', '/api/v1/namespaces/default/pods', { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'quiet' }, spec: { serviceAccountName: 'reader', containers: [{ name: 'c', image: 'i' }] } });
    const talk = await open('/api/v1/namespaces/default/pods/quiet/log', ['binary.k8s.io']);
    expect([await talk.closed, talk.messages, talk.socket.protocol]).toEqual([1000, [{ text: '', binary: true }], 'binary.k8s.io']);
    await expect(open('/api/v1/namespaces/default/pods/quiet/log', ['v4.channel.k8s.io'])).rejects.toThrow(/^403 /);
    await expect(open('/api/v1/namespaces/default/pods/none/log')).rejects.toThrow(/^404 /);
  });

  test.each([
    [[], [['', true], ['one', true], ['tw\xff', true]]],
    [['base64.binary.k8s.io'], [['', false], ['b25l', false], ['dHf/', false]]],
  ])('pieces with %j', async (protocols, expected) => {
    const server = createServer();
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one');
      yield await Promise.resolve(Buffer.from('tw\xff', 'latin1'));
    }
    server.on('upgrade', (request, socket, head) => {
      const pairs = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
      const upgrade: HttpUpgrade = { request, socket, head, path: '/', query: new URLSearchParams(), peer: undefined, header: (name) => pairs.find(([key]) => key === name)?.[1], headersWith: (prefix) => pairs.filter(([key]) => key.startsWith(prefix)) };
      void serveWebsocketText(body(), upgrade, { clock: systemClock, log: silentLog });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const talk = await open('/', protocols, {}, `ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await talk.closed).toBe(1000);
    expect(talk.messages.map(({ text, binary }) => [text, binary])).toEqual(expected);
    server.close();
  });
});

test('a client that answers no pings is cut off', async () => {
  const clock = new VirtualClock();
  const heard = new Map<string, () => void>();
  let pings = 0;
  let cut = false;
  const socket = { OPEN: 1, readyState: 1, on: (name: string, listener: () => void) => void heard.set(name, listener), ping: () => void pings++, terminate: () => void (cut = true) };
  new OneWaySocket(socket as unknown as WebSocket, { cork: () => undefined, uncork: () => undefined }, clock);
  await clock.advance(websocketLimits.pingEveryMs);
  heard.get('pong')?.();
  await clock.advance(websocketLimits.pingEveryMs * 2);
  expect([pings, cut]).toEqual([3, false]);
  await clock.advance(websocketLimits.pingEveryMs);
  expect([pings, cut]).toEqual([3, true]);
});
