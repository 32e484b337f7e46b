import { request as httpsRequest } from 'node:https';
import { seededRandom, silentLog, systemClock } from '@rhythm/base';
import { createAuthority, createSigningKey, type Authority, type KeyPair } from '@rhythm/pki';
import { memoryStore } from '@rhythm/store-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrontProxy, frontProxyHeadersByDefault } from '../auth/index.ts';
import { start, type Apiserver } from '../start.ts';

let api: Apiserver;
let clients: Authority;
let proxies: Authority;
let certificates: Record<'admin' | 'proxy' | 'stranger' | 'posing', KeyPair>;
const headers = { 'x-remote-user': 'ann', 'x-remote-group': 'devs', 'x-remote-uid': '7', 'x-remote-extra-acme.com%2fproject': 'x' };

beforeAll(async () => {
  const ports = { clock: systemClock, random: seededRandom(5) };
  clients = await createAuthority('test-ca', ports);
  proxies = await createAuthority('proxy-ca', ports);
  const server = await clients.issue({ commonName: 'kube-apiserver', ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const masters = ['system:masters'];
  certificates = {
    admin: await clients.issue({ commonName: 'kubernetes-admin', organizations: masters, usages: ['client'] }),
    proxy: await proxies.issue({ commonName: 'front-proxy', organizations: masters, usages: ['client'] }),
    stranger: await proxies.issue({ commonName: 'kubernetes-admin', organizations: masters, usages: ['client'] }),
    posing: await clients.issue({ commonName: 'front-proxy', usages: ['client'] }),
  };
  api = await start(
    {
      host: '127.0.0.1',
      port: 0,
      advertiseAddress: '192.0.2.10',
      tls: { cert: server.certPem, key: server.keyPem, clientCa: clients.certPem },
      serviceAccountKey: (await createSigningKey()).privatePem,
      serviceAccountIssuer: 'https://kubernetes.default.svc',
      serviceCidr: '10.96.0.0/24',
      frontProxy: { ca: proxies.certPem, allowedNames: ['front-proxy'], ...frontProxyHeadersByDefault },
    },
    { store: memoryStore(), clock: systemClock, random: seededRandom(9), log: silentLog },
  );
});
afterAll(() => api.stop());

/** Whom the server takes the caller for, or the status that it answers. */
function whoIs(as: KeyPair, sent: Record<string, string> = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port: api.port, method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', ca: clients.certPem, cert: as.certPem, key: as.keyPem, agent: false, headers: { 'content-type': 'application/json', ...sent } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => resolve(response.statusCode === 201 ? (JSON.parse(text) as { status: { userInfo: unknown } }).status.userInfo : response.statusCode));
    });
    request.on('error', reject);
    request.end(JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' }));
  });
}

test('a proxy speaks for the user in its headers, not for itself', async () => {
  expect(await whoIs(certificates.proxy, headers)).toEqual({ username: 'ann', uid: '7', groups: ['devs', 'system:authenticated'], extra: { 'acme.com/project': ['x'] } });
  expect(await whoIs(certificates.proxy)).toBe(401);
});

test('neither another certificate of that authority nor a user of the same name does', async () => {
  expect(await whoIs(certificates.stranger, headers)).toBe(401);
  expect(await whoIs(certificates.stranger)).toBe(401);
  expect(await whoIs(certificates.posing, headers)).toEqual({ username: 'front-proxy', groups: ['system:authenticated'] });
});

test('users are who their certificates say, whatever the headers', async () => {
  expect(await whoIs(certificates.admin, headers)).toEqual({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
});

test('the authority of proxies must not be that of users', () => {
  const config = { allowedNames: [], ...frontProxyHeadersByDefault };
  expect(() => new FrontProxy({ ...config, ca: clients.certPem }, `${proxies.certPem}${clients.certPem}`)).toThrow('must not be the authority of client certificates');
  expect(() => new FrontProxy({ ...config, ca: 'nothing' }, clients.certPem)).toThrow('has no certificate');
});
