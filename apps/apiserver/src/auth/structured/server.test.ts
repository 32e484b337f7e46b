import { constant, systemClock } from '@rhythm/base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Apiserver } from '../../start.ts';
import { ask, startTestServer, testCluster, testIssuer } from '../../test-server.ts';
import { startIssuer, type TestIssuer } from '../oidc/testing.ts';
import { parseAuthenticationConfiguration, parseAuthorizationConfiguration } from './index.ts';

let api: Apiserver;
let ca: string;
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  const head = { apiVersion: 'apiserver.config.k8s.io/v1' };
  const jwt = [{ issuer: { url: issuer.url, certificateAuthority: issuer.ca, audiences: ['kube'] }, claimMappings: { username: { expression: '"id:" + claims.sub' }, groups: { claim: 'groups', prefix: '' } } }];
  const authentication = parseAuthenticationConfiguration(JSON.stringify({ ...head, kind: 'AuthenticationConfiguration', jwt, anonymous: { enabled: true } }), testIssuer);
  const authorization = parseAuthorizationConfiguration(JSON.stringify({ ...head, kind: 'AuthorizationConfiguration', authorizers: [{ type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }] }), () => '');
  const cluster = await testCluster();
  ca = cluster.authority.certPem;
  api = await startTestServer(cluster, { authentication: constant(authentication), authorization: constant(authorization) });
});
afterAll(async () => {
  await api.stop();
  issuer.stop();
});

async function get(path: string, token?: string): Promise<[number, string]> {
  const { status, text } = await ask(api.port, 'GET', path, { ca, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  return [status, text];
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
