import type { Authority, KeyPair } from '@rhythm/pki';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrontProxy, frontProxyHeadersByDefault } from '../auth/index.ts';
import type { Apiserver } from '../start.ts';
import { ask, startTestServer, testAuthority, testCluster, testUser } from '../test-server.ts';

let api: Apiserver;
let clients: Authority;
let proxies: Authority;
let certificates: Record<'admin' | 'proxy' | 'stranger' | 'posing', KeyPair>;
const headers = { 'x-remote-user': 'ann', 'x-remote-group': 'devs', 'x-remote-uid': '7', 'x-remote-extra-acme.com%2fproject': 'x' };

beforeAll(async () => {
  proxies = await testAuthority('proxy-ca');
  const cluster = await testCluster({ frontProxy: { ca: proxies.certPem, allowedNames: ['front-proxy'], ...frontProxyHeadersByDefault } });
  clients = cluster.authority;
  certificates = {
    admin: await testUser(clients, 'kubernetes-admin', 'system:masters'),
    proxy: await testUser(proxies, 'front-proxy', 'system:masters'),
    stranger: await testUser(proxies, 'kubernetes-admin', 'system:masters'),
    posing: await testUser(clients, 'front-proxy'),
  };
  api = await startTestServer(cluster);
});
afterAll(() => api.stop());

/** Whom the server takes the caller for, or the status that it answers. */
async function whoIs(as: KeyPair, sent: Record<string, string> = {}): Promise<unknown> {
  const body = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' });
  const { status, text } = await ask(api.port, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { ca: clients.certPem, as, headers: { 'content-type': 'application/json', ...sent }, body });
  return status === 201 ? (JSON.parse(text) as { status: { userInfo: unknown } }).status.userInfo : status;
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
