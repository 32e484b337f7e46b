import { request as httpsRequest } from 'node:https';
import { constant, seededRandom, silentLog, systemClock } from '@rhythm/base';
import { createAuthority, createSigningKey, type Authority } from '@rhythm/pki';
import { memoryStore } from '@rhythm/store-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start, type Apiserver } from '../../start.ts';
import { startIssuer, type TestIssuer } from '../oidc/testing.ts';
import { parseAuthenticationConfiguration, parseAuthorizationConfiguration } from './index.ts';

const own = 'https://kubernetes.default.svc';
let api: Apiserver;
let clients: Authority;
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  clients = await createAuthority('test-ca', { clock: systemClock, random: seededRandom(5) });
  const server = await clients.issue({ commonName: 'kube-apiserver', ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const head = { apiVersion: 'apiserver.config.k8s.io/v1' };
  const jwt = [{ issuer: { url: issuer.url, certificateAuthority: issuer.ca, audiences: ['kube'] }, claimMappings: { username: { expression: '"id:" + claims.sub' }, groups: { claim: 'groups', prefix: '' } } }];
  const authentication = parseAuthenticationConfiguration(JSON.stringify({ ...head, kind: 'AuthenticationConfiguration', jwt, anonymous: { enabled: true } }), own);
  const authorization = parseAuthorizationConfiguration(JSON.stringify({ ...head, kind: 'AuthorizationConfiguration', authorizers: [{ type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }] }), () => '');
  api = await start(
    {
      host: '127.0.0.1',
      port: 0,
      advertiseAddress: '192.0.2.10',
      tls: { cert: server.certPem, key: server.keyPem, clientCa: clients.certPem },
      serviceAccountKey: (await createSigningKey()).privatePem,
      serviceAccountIssuer: own,
      serviceCidr: '10.96.0.0/24',
    },
    { store: memoryStore(), clock: systemClock, random: seededRandom(9), log: silentLog, authentication: constant(authentication), authorization: constant(authorization) },
  );
});
afterAll(async () => {
  await api.stop();
  issuer.stop();
});

function get(path: string, token?: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port: api.port, path, ca: clients.certPem, agent: false, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => resolve([response.statusCode ?? 0, text]));
    });
    request.on('error', reject);
    request.end();
  });
}

test('tokens of a configured issuer come in as their claims say, and roles decide', async () => {
  const now = systemClock.now();
  const [code, text] = await get('/api/v1/namespaces', await issuer.token({ aud: 'kube', sub: 'ann' }, now));
  expect([code, text]).toEqual([403, expect.stringContaining('User \\"id:ann\\" cannot list resource')]);
  expect((await get('/api/v1/namespaces', await issuer.token({ aud: 'kube', sub: 'root', groups: ['system:masters'] }, now)))[0]).toBe(200);
  expect((await get('/api/v1/namespaces', await issuer.token({ aud: 'other', sub: 'root', groups: ['system:masters'] }, now)))[0]).toBe(401);
});

test('anonymous callers come in where the configuration says so, and roles decide', async () => {
  expect(await get('/api/v1/namespaces')).toEqual([403, expect.stringContaining('system:anonymous')]);
  expect((await get('/livez'))[0]).toBe(200);
  expect((await get('/metrics'))[0]).toBe(403);
});
