import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { CompactSign } from 'jose';
import { describe, expect, test } from 'vitest';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import type { KubeObject } from '@rhythm/api';
import type { Caller, UserInfo } from '../ports/types.ts';
import { buildAuth, type Auth } from './index.ts';
import { MemoryObjects } from './memory-objects.ts';

const pemOf = (): string => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const key = pemOf();
const issuer = 'https://kubernetes.default.svc.cluster.local';

function setUp(): { auth: Auth; objects: MemoryObjects; clock: VirtualClock } {
  const objects = new MemoryObjects();
  const clock = new VirtualClock();
  const auth = buildAuth({ serviceAccountKey: key, issuer }, objects, { clock, random: seededRandom(1), log: silentLog, changes: objects });
  objects.put('', 'serviceaccounts', { metadata: { name: 'bot', namespace: 'ci', uid: 'sa-1' } });
  objects.put('', 'pods', { metadata: { name: 'p', namespace: 'ci', uid: 'pod-1' }, spec: { serviceAccountName: 'bot', nodeName: 'n1' } } as KubeObject);
  objects.put('', 'nodes', { metadata: { name: 'n1', uid: 'node-1' } });
  return { auth, objects, clock };
}

function caller(headers: Array<[string, string]> = [], certificate?: Caller['certificate']): Caller {
  return {
    ...(certificate === undefined ? {} : { certificate }),
    header: (name) => headers.find(([key]) => key === name)?.[1],
    headersWith: (prefix) => headers.filter(([key]) => key.startsWith(prefix)),
  };
}
const bearer = (token: string): Caller => caller([['authorization', `Bearer ${token}`]]);
const admin = { commonName: 'kubernetes-admin', organizations: ['system:masters'] };

async function issue(auth: Auth, spec: object = { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'pod-1' } }): Promise<string> {
  const request = { metadata: {}, spec } as unknown as KubeObject;
  const answer = await auth.createOnly.get('/serviceaccounts/token')?.({ user: { name: 'system:node:n1', groups: [] }, namespace: 'ci', name: 'bot', object: request });
  return (answer as unknown as { status: { token: string } }).status.token;
}
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const payloadOf = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('credentials', () => {
  test('a certificate names the user and its groups; everyone authenticated is in system:authenticated', async () => {
    const { auth } = setUp();
    expect(await auth.authenticator.authenticate(caller([], { commonName: 'system:node:n1', organizations: ['system:nodes'] }))).toEqual({
      name: 'system:node:n1',
      groups: ['system:nodes', 'system:authenticated'],
    });
    expect(await auth.authenticator.authenticate(caller([], { commonName: '', organizations: ['system:masters'] }))).toBeUndefined();
  });

  test('no credential is anonymous on the health paths only', async () => {
    const { auth } = setUp();
    expect(await auth.authenticator.authenticate(caller())).toBeUndefined();
    expect(['/healthz', '/livez/etcd', '/readyz', '/version'].map((path) => auth.anonymous(path)?.name)).toEqual(Array(4).fill('system:anonymous'));
    expect(['/', '/healthzz', '/api', '/versions', '/metrics'].map((path) => auth.anonymous(path))).toEqual(Array(5).fill(undefined));
  });

  test.each([['Basic YWRtaW46YWRtaW4='], ['Bearer'], ['Bearer a b'], ['Bearer x.y.z'], ['Bearer ...'], [`Bearer ${'a'.repeat(20_000)}`]])('%s is 401', async (header) => {
    const { auth } = setUp();
    await expect(auth.authenticator.authenticate(caller([['authorization', header]]))).rejects.toMatchObject({ reason: 'Unauthorized', code: 401, message: 'Unauthorized' });
  });
});

describe('service-account tokens', () => {
  test('name the account, its groups and what they are bound to', async () => {
    const { auth, clock } = setUp();
    const token = await issue(auth);
    const user = await auth.authenticator.authenticate(bearer(token));
    expect(user).toMatchObject({
      name: 'system:serviceaccount:ci:bot',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/pod-name': ['p'],
        'authentication.kubernetes.io/pod-uid': ['pod-1'],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['node-1'],
      },
    });
    const now = Math.floor(clock.now() / 1000);
    expect(payloadOf(token)).toMatchObject({ iss: issuer, aud: [issuer], sub: 'system:serviceaccount:ci:bot', iat: now, nbf: now, exp: now + 3600 });
  });

  test('an expired token is refused, also from the cache', async () => {
    const { auth, clock } = setUp();
    const token = await issue(auth, { expirationSeconds: 600 });
    await auth.authenticator.authenticate(bearer(token));
    await clock.advance(600_000);
    await expect(auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
  });

  test('alg none, HMAC with the public key, another key and changed claims are refused', async () => {
    const { auth } = setUp();
    const [header = '', payload = '', signature = ''] = (await issue(auth)).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
    const hmacInput = `${part({ alg: 'HS256', typ: 'JWT' })}.${payload}`;
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forgeries = [
      `${part({ alg: 'none' })}.${payload}.`,
      `${part({ alg: 'none' })}.${payload}.${signature}`,
      `${hmacInput}.${createHmac('sha256', publicPem).update(hmacInput).digest('base64url')}`,
      await new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: 'ES256' }).sign(other),
      `${header}.${part({ ...claims, sub: 'system:serviceaccount:kube-system:admin' })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}.`,
    ];
    for (const forged of forgeries) await expect(auth.authenticator.authenticate(bearer(forged))).rejects.toMatchObject({ code: 401 });
  });

  test('a subject that is not the named account is refused even when signed by us', async () => {
    const { auth, objects } = setUp();
    objects.put('', 'serviceaccounts', { metadata: { name: 'root', namespace: 'kube-system', uid: 'r' } });
    const claims = { ...payloadOf(await issue(auth)), sub: 'system:serviceaccount:kube-system:root' };
    const { createPrivateKey } = await import('node:crypto');
    const token = await new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: 'ES256' }).sign(createPrivateKey(key));
    await expect(auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
  });

  test('a token for another audience does not open the API, but passes a review for that audience', async () => {
    const { auth } = setUp();
    const token = await issue(auth, { audiences: ['vault'] });
    await expect(auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
    const review = async (audiences?: string[]) =>
      (await auth.createOnly.get('authentication.k8s.io/tokenreviews')?.({ user: { name: 'x', groups: [] }, namespace: '', name: '', object: { metadata: {}, spec: { token, audiences } } as unknown as KubeObject })) as unknown as {
        status: { authenticated: boolean; user: { username?: string }; audiences?: string[] };
        spec: object;
      };
    expect((await review(['vault', 'other'])).status).toMatchObject({ authenticated: true, audiences: ['vault'], user: { username: 'system:serviceaccount:ci:bot' } });
    expect((await review()).status.authenticated).toBe(false);
    expect(JSON.stringify(await review(['vault']))).not.toContain(token);
  });

  test('a token dies with its account, its pod, and their namesakes', async () => {
    for (const [resource, name] of [['serviceaccounts', 'bot'], ['pods', 'p']] as const) {
      const { auth, objects, clock } = setUp();
      const token = await issue(auth);
      await auth.authenticator.authenticate(bearer(token));
      const found = (await objects.get('', resource, 'ci', name)) as KubeObject;
      objects.put('', resource, { ...found, metadata: { ...found.metadata, uid: 'another' } });
      await clock.advance(10_000);
      await expect(auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
      objects.delete('', resource, 'ci', name);
      await expect(auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
    }
  });

  test('verified tokens are remembered: a second use within ten seconds reads nothing', async () => {
    const { auth, objects } = setUp();
    const token = await issue(auth);
    await auth.authenticator.authenticate(bearer(token));
    const before = objects.reads;
    await auth.authenticator.authenticate(bearer(token));
    expect(objects.reads).toBe(before);
  });

  test('requests that make no sense are refused', async () => {
    const { auth } = setUp();
    await expect(issue(auth, { expirationSeconds: 599 })).rejects.toThrow('may not specify a duration less than 10 minutes');
    await expect(issue(auth, { expirationSeconds: 2 ** 33 })).rejects.toThrow('may not specify a duration larger than 2^32 seconds');
    await expect(issue(auth, { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'old' } })).rejects.toMatchObject({ reason: 'Conflict' });
    await expect(issue(auth, { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'p' } })).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(issue(auth, { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone' } })).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('the key set verifies our tokens and holds no private part', async () => {
    const { auth } = setUp();
    const { importJWK, compactVerify } = await import('jose');
    const jwks = JSON.parse(auth.documents.get('/openid/v1/jwks')?.body ?? '') as { keys: Array<Record<string, string>> };
    const jwk = jwks.keys[0] ?? {};
    expect(jwk['d']).toBeUndefined();
    const token = await issue(auth);
    const { protectedHeader } = await compactVerify(token, await importJWK(jwk, 'ES256'));
    expect(protectedHeader.kid).toBe(jwk['kid']);
    expect(JSON.parse(auth.documents.get('/.well-known/openid-configuration')?.body ?? '')).toMatchObject({ issuer, id_token_signing_alg_values_supported: ['ES256'] });
  });

  test('a key that is not P-256 stops the server', () => {
    const objects = new MemoryObjects();
    const ports = { clock: new VirtualClock(), random: seededRandom(1), log: silentLog, changes: objects };
    expect(() => buildAuth({ serviceAccountKey: 'nonsense', issuer }, objects, ports)).toThrow('does not hold a private key');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => buildAuth({ serviceAccountKey: rsa, issuer }, objects, ports)).toThrow('P-256');
  });
});

describe('bootstrap tokens', () => {
  const token = '07401b.f395accd246ae52d';
  const base64 = (data: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const good = { 'token-id': '07401b', 'token-secret': 'f395accd246ae52d', 'usage-bootstrap-authentication': 'true', 'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token' };
  function withSecret(change: Record<string, string> = {}, more: object = {}): ReturnType<typeof setUp> {
    const at = setUp();
    at.objects.put('', 'secrets', { metadata: { name: 'bootstrap-token-07401b', namespace: 'kube-system' }, type: 'bootstrap.kubernetes.io/token', data: base64({ ...good, ...change }), ...more } as KubeObject);
    return at;
  }

  test('stand for a bootstrapper', async () => {
    expect(await withSecret().auth.authenticator.authenticate(bearer(token))).toEqual({ name: 'system:bootstrap:07401b', groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:authenticated'] });
    const { auth, clock } = withSecret({ expiration: '2099-01-01T00:00:00Z' });
    expect((await auth.authenticator.authenticate(bearer(token)))?.name).toBe('system:bootstrap:07401b');
    await clock.advance(80 * 365 * 24 * 3_600_000);
    await clock.advance(80 * 365 * 24 * 3_600_000);
    await expect(auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
  });

  test.each([
    ['of another secret', { 'token-secret': 'f395accd246ae52e' }, {}],
    ['without a secret', { 'token-secret': '' }, {}],
    ['of another id', { 'token-id': '07401c' }, {}],
    ['not for authentication', { 'usage-bootstrap-authentication': 'yes' }, {}],
    ['with an end that cannot be read', { expiration: 'tomorrow' }, {}],
    ['with a group of others', { 'auth-extra-groups': 'system:masters' }, {}],
    ['in a Secret of another type', {}, { type: 'Opaque' }],
    ['being deleted', {}, { metadata: { name: 'bootstrap-token-07401b', namespace: 'kube-system', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['in another namespace', {}, { metadata: { name: 'bootstrap-token-07401b', namespace: 'ci' } }],
  ])('%s are refused', async (_why, change, more) => {
    await expect(withSecret(change, more).auth.authenticator.authenticate(bearer(token))).rejects.toMatchObject({ code: 401 });
  });

  test('are reviewed for the audience of the API only', async () => {
    const { auth } = withSecret();
    const review = async (audiences: readonly string[]): Promise<unknown> => {
      const answer = await auth.createOnly.get('authentication.k8s.io/tokenreviews')?.({ user: { name: 'ann', groups: [] }, namespace: '', name: '', object: { metadata: {}, spec: { token, audiences } } as unknown as KubeObject });
      return (answer as unknown as { status: unknown }).status;
    };
    expect(await review([])).toMatchObject({ authenticated: true, user: { username: 'system:bootstrap:07401b' }, audiences: [issuer] });
    expect(await review(['vault'])).toMatchObject({ authenticated: false });
  });
});

describe('impersonation', () => {
  const as = (headers: Array<[string, string]>, certificate: Caller['certificate'] = admin): Promise<UserInfo | undefined> => setUp().auth.authenticator.authenticate(caller(headers, certificate));

  test('runs the request as the named user and groups', async () => {
    expect(await as([['impersonate-user', 'ann'], ['impersonate-group', 'dev'], ['impersonate-group', 'ops'], ['impersonate-extra-acme.com%2Fproject', 'x'], ['impersonate-uid', '7']])).toEqual({
      name: 'ann',
      uid: '7',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: { 'acme.com/project': ['x'] },
    });
    expect((await as([['impersonate-user', 'system:serviceaccount:ci:bot']]))?.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated']);
    expect((await as([['impersonate-user', 'system:anonymous']]))?.groups).toEqual(['system:unauthenticated']);
  });

  test('without the right it is 403, and a right on users does not reach groups', async () => {
    const mortal = { commonName: 'ann', organizations: [] };
    await expect(as([['impersonate-user', 'bob']], mortal)).rejects.toThrow('users "bob" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope');
    const { auth, objects } = setUp();
    objects.put('rbac.authorization.k8s.io', 'clusterroles', { metadata: { name: 'imp' }, rules: [{ verbs: ['impersonate'], apiGroups: [''], resources: ['users'] }] } as KubeObject);
    objects.put('rbac.authorization.k8s.io', 'clusterrolebindings', { metadata: { name: 'imp' }, roleRef: { kind: 'ClusterRole', name: 'imp' }, subjects: [{ kind: 'User', name: 'ann' }] } as unknown as KubeObject);
    expect((await auth.authenticator.authenticate(caller([['impersonate-user', 'bob']], mortal)))?.name).toBe('bob');
    await expect(auth.authenticator.authenticate(caller([['impersonate-user', 'bob'], ['impersonate-group', 'system:masters']], mortal))).rejects.toThrow('cannot impersonate resource "groups"');
    await expect(auth.authenticator.authenticate(caller([['impersonate-user', 'bob'], ['impersonate-uid', '7']], mortal))).rejects.toThrow('cannot impersonate resource "uids" in API group "authentication.k8s.io"');
    await expect(auth.authenticator.authenticate(caller([['impersonate-user', 'bob'], ['impersonate-extra-scopes', 'all']], mortal))).rejects.toThrow('"userextras/scopes"');
  });

  test('groups without a user, unknown headers and no credential are refused', async () => {
    await expect(as([['impersonate-group', 'system:masters']])).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(as([['impersonate-user', 'a'], ['impersonate-usr', 'b']])).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(as([['impersonate-user', 'a'], ['impersonate-extra-__proto__', 'b']])).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(setUp().auth.authenticator.authenticate(caller([['impersonate-user', 'a']]))).rejects.toMatchObject({ code: 401 });
  });
});

describe('reviews', () => {
  const ask = async (kind: string, object: object, user: UserInfo = { name: 'ann', groups: ['system:masters'] }, namespace = ''): Promise<Record<string, unknown>> =>
    (await setUp().auth.createOnly.get(kind)?.({ user, namespace, name: '', object: object as KubeObject })) as unknown as Record<string, unknown>;
  const pods = { verb: 'list', resource: 'pods', namespace: 'a' };

  test('SelfSubjectAccessReview answers for the caller, SubjectAccessReview for the named user', async () => {
    expect((await ask('authorization.k8s.io/selfsubjectaccessreviews', { metadata: {}, spec: { resourceAttributes: pods } }))['status']).toEqual({ allowed: true });
    const other = await ask('authorization.k8s.io/subjectaccessreviews', { metadata: {}, spec: { user: 'bob', resourceAttributes: pods } });
    expect(other['status']).toEqual({ allowed: false });
  });

  test('LocalSubjectAccessReview stays in its namespace', async () => {
    const kind = 'authorization.k8s.io/localsubjectaccessreviews';
    await expect(ask(kind, { metadata: {}, spec: { user: 'bob', resourceAttributes: pods } }, undefined, 'b')).rejects.toMatchObject({ reason: 'Invalid', message: expect.stringContaining('spec.resourceAttributes.namespace: Invalid value: "a": must match metadata.namespace') as string });
    await expect(ask(kind, { metadata: { namespace: 'c' }, spec: { user: 'bob', resourceAttributes: pods } }, undefined, 'a')).rejects.toMatchObject({ reason: 'BadRequest' });
    await expect(ask(kind, { metadata: {}, spec: { user: 'bob', nonResourceAttributes: { path: '/' } } }, undefined, 'a')).rejects.toMatchObject({ reason: 'Invalid' });
  });

  test('a review of nothing, or of nobody, is invalid', async () => {
    await expect(ask('authorization.k8s.io/selfsubjectaccessreviews', { metadata: {}, spec: {} })).rejects.toMatchObject({ reason: 'Invalid' });
    await expect(ask('authorization.k8s.io/subjectaccessreviews', { metadata: {}, spec: { resourceAttributes: pods } })).rejects.toMatchObject({ reason: 'Invalid' });
  });

  test('SelfSubjectReview and SelfSubjectRulesReview tell the caller what it is and may', async () => {
    expect((await ask('authentication.k8s.io/selfsubjectreviews', { metadata: {} }))['status']).toEqual({ userInfo: { username: 'ann', groups: ['system:masters'] } });
    const rules = (await ask('authorization.k8s.io/selfsubjectrulesreviews', { metadata: {}, spec: { namespace: 'a' } }))['status'] as { resourceRules: object[]; incomplete: boolean };
    expect(rules.resourceRules).toEqual([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]);
    expect(rules.incomplete).toBe(false);
  });
});
