import { renameSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls';
import { seededRandom, silentLog, systemClock, systemRandom, VirtualClock } from '@rhythm/base';
import { dialGrpc, unary } from '@rhythm/grpc';
import { createAuthority, createSigningKey, type Authority } from '@rhythm/pki';
import { ApiClient as Stub, ApiService } from '@rhythm/proto/api';
import { memoryStore } from '@rhythm/store-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start, type Apiserver } from '../start.ts';
import { followFiles, type FollowedFiles } from './index.ts';
import { namedCertificates } from './named-flag.ts';

const folder = mkdtempSync(join(tmpdir(), 'rhythm-certs-'));
const clock = new VirtualClock();
const at = (name: string): string => join(folder, name);
/** As tools that renew certificates do: written beside, then renamed. */
const put = (name: string, text: string): void => {
  writeFileSync(at(`${name}.new`), text);
  renameSync(at(`${name}.new`), at(name));
};

let ca: Authority;
let files: FollowedFiles;
let server: Apiserver;

async function issue(names: string[] = ['kubernetes.default.svc'], authority = ca): Promise<{ certPem: string; keyPem: string }> {
  return authority.issue({ commonName: 'kube-apiserver', dnsNames: names, ipAddresses: ['127.0.0.1'], usages: ['server'] });
}

beforeAll(async () => {
  ca = await createAuthority('test-ca', { clock: systemClock, random: systemRandom });
  const [serving, named] = [await issue(), await issue(['api.example.com', '*.apps.example.com'])];
  put('tls.crt', serving.certPem);
  put('tls.key', serving.keyPem);
  put('named.crt', named.certPem);
  put('named.key', named.keyPem);
  put('ca.crt', ca.certPem);
  put('sa.key', (await createSigningKey()).privatePem);
  const none = { 'requestheader-client-ca-file': undefined, 'kubelet-client-cert-file': undefined, 'kubelet-client-key-file': undefined, 'proxy-client-cert-file': undefined, 'proxy-client-key-file': undefined, 'store-ca-file': undefined, 'store-cert-file': undefined, 'store-key-file': undefined };
  files = await followFiles({ ...none, 'cert-file': at('tls.crt'), 'key-file': at('tls.key'), 'client-ca-file': at('ca.crt'), 'service-account-key-file': at('sa.key'), 'tls-sni-cert-key': [`${at('named.crt')},${at('named.key')}`] }, { clock, log: silentLog });
  server = await start(
    { host: '127.0.0.1', port: 0, advertiseAddress: '127.0.0.1', tls: files.live.serving.current, serviceAccountKey: files.live.serviceAccountKey.current, serviceAccountIssuer: 'https://kubernetes.default.svc', serviceCidr: '10.96.0.0/24' },
    { clock: systemClock, random: seededRandom(1), log: silentLog, store: memoryStore(), live: files.live },
  );
});
afterAll(async () => {
  files.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Looks at all files, as every minute. */
const look = async (): Promise<void> => void (await Promise.all([files.live.serving, files.live.serviceAccountKey].map((one) => (one as unknown as { look(): Promise<void> }).look())));

function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1', 'h2'], ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}
async function shown(port: number, servername?: string): Promise<PeerCertificate> {
  const socket = await handshake(port, servername === undefined ? {} : { servername });
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}
function get(path: string, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path, rejectUnauthorized: false, agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

test('a renewed certificate is shown to new connections on both faces, and old ones live on', async () => {
  const old = await handshake(server.port, { ALPNProtocols: ['http/1.1'] });
  const before = [await shown(server.port), await shown(server.grpcPort)].map(({ serialNumber }) => serialNumber);
  const renewed = await issue();
  // Only one of a pair is in place yet: what was before stays.
  put('tls.crt', renewed.certPem);
  await look();
  expect((await shown(server.port)).serialNumber).toBe(before[0]);
  put('tls.key', renewed.keyPem);
  await look();
  const after = [await shown(server.port), await shown(server.grpcPort)].map(({ serialNumber }) => serialNumber);
  expect(after[0]).not.toBe(before[0]);
  expect(after).toEqual([after[0], after[0]]);
  old.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await new Promise((resolve) => old.once('data', (data: Buffer) => resolve(data.toString().split('\r\n', 1)[0])))).toBe('HTTP/1.1 200 OK');
  old.destroy();
});

test('nonsense and an empty file change nothing', async () => {
  const before = (await shown(server.port)).serialNumber;
  const [cert, authority] = [files.live.serving.current.cert, files.live.serving.current.clientCa];
  for (const [name, text] of [['tls.crt', ''], ['tls.crt', 'nonsense'], ['ca.crt', '']] as const) {
    put(name, text);
    await look();
    expect((await shown(server.port)).serialNumber).toBe(before);
    put('tls.crt', cert);
    put('ca.crt', authority);
  }
});

test.each(['HTTP', 'gRPC'])('whoever asks for another name is shown the certificate for it: %s', async (face) => {
  const port = face === 'HTTP' ? server.port : server.grpcPort;
  const serials = async (...names: string[]): Promise<Set<string>> => new Set((await Promise.all(names.map((name) => shown(port, name)))).map(({ serialNumber }) => serialNumber));
  const named = await serials('api.example.com', 'x.apps.example.com', 'API.example.com');
  const own = await serials('kubernetes.default.svc', 'a.b.apps.example.com', 'apps.example.com');
  expect([named.size, own.size]).toEqual([1, 1]);
  expect([...named]).not.toEqual([...own]);
  const renewed = await issue(['api.example.com', '*.apps.example.com']);
  put('named.crt', renewed.certPem);
  put('named.key', renewed.keyPem);
  await look();
  expect((await shown(port, 'api.example.com')).serialNumber).not.toBe([...named][0]);
});

test('clients of a new authority are let in, and once the old one is gone its clients are not', async () => {
  const next = await createAuthority('next-ca', { clock: systemClock, random: systemRandom });
  const certificate = async (authority: Authority): Promise<RequestOptions> => {
    const pair = await authority.issue({ commonName: 'root', organizations: ['system:masters'], usages: ['client'] });
    return { cert: pair.certPem, key: pair.keyPem };
  };
  const [old, fresh] = [await certificate(ca), await certificate(next)];
  const list = '/api/v1/namespaces/default/configmaps';
  expect([await get(list, old), await get(list, fresh)]).toEqual([200, 401]);
  put('ca.crt', `${ca.certPem}\n${next.certPem}`);
  await look();
  expect([await get(list, old), await get(list, fresh)]).toEqual([200, 200]);
  // A connection by name has the same authorities.
  expect(await get(list, { ...fresh, servername: 'api.example.com' })).toBe(200);
  put('ca.crt', next.certPem);
  await look();
  expect([await get(list, old), await get(list, fresh)]).toEqual([401, 200]);
  expect(await get(list, { ...old, servername: 'api.example.com' })).toBe(401);
  const call = async (pair: RequestOptions, serverName?: string): Promise<number> => {
    const client = dialGrpc(Stub, { targets: `127.0.0.1:${server.grpcPort}`, tls: { ca: ca.certPem, cert: pair.cert as string, key: pair.key as string, ...(serverName === undefined ? {} : { serverName }) } });
    const code = await unary(client, ApiService.get, { verb: 1, group: '', version: 'v1', resource: 'namespaces', namespace: '', name: 'default', subresource: '', options: undefined, body: new Uint8Array(), contentType: '', accept: '' }, {}).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    client.close();
    return code;
  };
  expect([await call(old), await call(fresh), await call(old, 'api.example.com'), await call(fresh, 'api.example.com')]).toEqual([16, 0, 16, 0]);
  put('ca.crt', ca.certPem);
  await look();
});

test('tokens of the key before are good for as long as it stands in the file', async () => {
  const admin = await ca.issue({ commonName: 'root', organizations: ['system:masters'], usages: ['client'] });
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} });
      const call = request({ host: '127.0.0.1', port: server.port, path: '/api/v1/namespaces/default/serviceaccounts/bot/token', method: 'POST', cert: admin.certPem, key: admin.keyPem, rejectUnauthorized: false, agent: false, headers: { 'content-type': 'application/json' } }, (response) => {
        let text = '';
        response.on('data', (piece: Buffer) => (text += piece.toString())).once('end', () => resolve((JSON.parse(text) as { status: { token: string } }).status.token));
      });
      call.once('error', reject).end(body);
    });
  await new Promise<void>((resolve) => {
    request({ host: '127.0.0.1', port: server.port, path: '/api/v1/namespaces/default/serviceaccounts', method: 'POST', cert: admin.certPem, key: admin.keyPem, rejectUnauthorized: false, agent: false, headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume().once('end', () => resolve());
    }).end(JSON.stringify({ kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'bot' } }));
  });
  // 403 is a caller that is known.
  const known = async (token: string): Promise<boolean> => (await get('/api/v1/nodes', { headers: { authorization: `Bearer ${token}` } })) === 403;
  const first = await ask();
  expect(await known(first)).toBe(true);
  const [oldKey, newKey] = [files.live.serviceAccountKey.current, (await createSigningKey()).privatePem];
  put('sa.key', `${newKey}\n${oldKey}`);
  await look();
  const second = await ask();
  expect([await known(first), await known(second)]).toEqual([true, true]);
  put('sa.key', newKey);
  await look();
  expect([await known(first), await known(second)]).toEqual([false, true]);
});

test('--tls-sni-cert-key is read as Kubernetes does', () => {
  expect(namedCertificates(['a.crt,a.key', 'b.crt,b.key:*.foo.com,foo.com'])).toEqual([
    { cert: 'a.crt', key: 'a.key', names: [] },
    { cert: 'b.crt', key: 'b.key', names: ['*.foo.com', 'foo.com'] },
  ]);
  for (const bad of ['a.crt', 'a,b,c', 'a.crt,a.key:', 'a.crt,a.key:*', ',a.key']) expect(() => namedCertificates([bad])).toThrow(bad);
});
