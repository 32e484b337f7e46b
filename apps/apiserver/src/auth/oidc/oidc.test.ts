import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { seededRandom, silentLog, systemClock, VirtualClock } from '@rhythm/base';
import { createAuthority } from '@rhythm/pki';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { oidcTokens, type OidcConfig } from './oidc.ts';

const api = 'https://kubernetes.default.svc';
let server: Server;
let issuerUrl: string;
let ca: string;
let keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
let served: JWK[];
let discovered: object;
let asked: string[];
let clock: VirtualClock;

beforeAll(async () => {
  const authority = await createAuthority('issuer-ca', { clock: systemClock, random: seededRandom(1) });
  ca = authority.certPem;
  const pair = await authority.issue({ commonName: 'issuer', ipAddresses: ['127.0.0.1'], usages: ['server'] });
  server = createServer({ cert: pair.certPem, key: pair.keyPem }, (request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/keys' ? { keys: served } : discovered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuerUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  keys = await generateKeyPair('RS256');
});
afterAll(() => void server.close());
beforeEach(async () => {
  served = [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256' }];
  discovered = { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` };
  asked = [];
  clock = new VirtualClock(1_800_000_000_000);
});

const authenticator = (more: Partial<OidcConfig> = {}): ReturnType<typeof oidcTokens> => oidcTokens({ issuerUrl, clientId: 'kube', ca, ...more }, [api], { clock, log: silentLog });
function token(claims: Record<string, unknown> = {}, how: { readonly kid?: string; readonly key?: CryptoKey | Uint8Array; readonly alg?: string } = {}): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  return new SignJWT({ iss: issuerUrl, aud: 'kube', sub: 'ann', exp: now + 600, ...claims }).setProtectedHeader({ alg: how.alg ?? 'RS256', kid: how.kid ?? 'k1' }).sign(how.key ?? keys.privateKey);
}

test('a token names its user with the issuer before the name', async () => {
  expect(await authenticator().verify(await token())).toEqual({ user: { name: `${issuerUrl}#ann`, groups: [] }, audiences: [api] });
  expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
});

test('claims, prefixes and required claims are as configured', async () => {
  const by = authenticator({ usernameClaim: 'email', groupsClaim: 'groups', groupsPrefix: 'oidc:', requiredClaims: new Map([['hd', 'example.com']]) });
  expect((await by.verify(await token({ email: 'ann@example.com', email_verified: true, groups: ['devs', 'ops'], hd: 'example.com' })))?.user).toEqual({ name: 'ann@example.com', groups: ['oidc:devs', 'oidc:ops'] });
  expect((await by.verify(await token({ email: 'ann@example.com', groups: 'devs', hd: 'example.com' })))?.user.groups).toEqual(['oidc:devs']);
  expect((await authenticator({ usernamePrefix: '-' }).verify(await token()))?.user.name).toBe('ann');
  await expect(by.verify(await token({ email: 'ann@example.com', email_verified: false, hd: 'example.com' }))).rejects.toThrow('not verified');
  await expect(by.verify(await token({ email: 'ann@example.com' }))).rejects.toThrow('not as required');
  await expect(by.verify(await token({ email: 'ann@example.com', hd: 'example.com', groups: [{}] }))).rejects.toThrow('no list of groups');
  await expect(by.verify(await token({ hd: 'example.com' }))).rejects.toThrow('no claim "email"');
});

test('a token of another issuer is none of ours', async () => {
  expect(await authenticator().verify(await token({ iss: 'https://elsewhere.example' }))).toBeUndefined();
  expect(await authenticator().verify('07401b.f395accd246ae52d')).toBeUndefined();
  expect(asked).toEqual([]);
});

test('expired, early, for others, without an end, unsigned or signed by others: refused', async () => {
  const by = authenticator();
  const now = Math.floor(clock.now() / 1000);
  const { privateKey } = await generateKeyPair('RS256');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: issuerUrl, aud: 'kube', sub: 'ann', exp: now + 600 })).toString('base64url')}.`;
  const bad = [
    token({ exp: now - 1 }), token({ nbf: now + 600 }), token({ aud: 'other' }), token({ exp: undefined }), token({}, { key: privateKey }), Promise.resolve(unsigned),
    token({}, { alg: 'HS256', key: new TextEncoder().encode(JSON.stringify(served[0])) }),
  ];
  for (const one of bad) await expect(by.verify(await one)).rejects.toThrow('the identity token is not good');
});

test('names and groups of the system are not an issuer\'s to give', async () => {
  await expect(authenticator({ usernamePrefix: '-' }).verify(await token({ sub: 'system:admin' }))).rejects.toThrow('of the system');
  await expect(authenticator({ groupsClaim: 'groups' }).verify(await token({ groups: ['system:masters'] }))).rejects.toThrow('of the system');
});

test('a new key is found, an unknown one does not make us ask again and again, a withdrawn one is forgotten', async () => {
  const by = authenticator();
  await by.verify(await token());
  const next = await generateKeyPair('RS256');
  served.push({ ...(await exportJWK(next.publicKey)), kid: 'k2', alg: 'RS256' });
  await clock.advance(11_000);
  expect((await by.verify(await token({}, { kid: 'k2', key: next.privateKey })))?.user.name).toBe(`${issuerUrl}#ann`);
  expect(asked.length).toBe(4);
  for (let times = 0; times < 5; times++) await expect(by.verify(await token({}, { kid: 'k3' }))).rejects.toThrow('the identity token is not good');
  expect(asked.length).toBe(4);
  served.shift();
  await clock.advance(11 * 60_000);
  await expect(by.verify(await token())).rejects.toThrow('the identity token is not good');
});

test('an issuer that is somebody else, or not there, opens nothing', async () => {
  discovered = { issuer: 'https://elsewhere.example', jwks_uri: `${issuerUrl}/keys` };
  await expect(authenticator().verify(await token())).rejects.toThrow('the discovery document is not that of the issuer');
  discovered = { issuer: issuerUrl, jwks_uri: issuerUrl.replace('https', 'http') };
  await expect(authenticator().verify(await token())).rejects.toThrow('is not an address of HTTPS');
  discovered = { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` };
  const { ca: _unused, ...public_ } = { issuerUrl, clientId: 'kube', ca };
  const by = oidcTokens(public_, [api], { clock, log: silentLog });
  await expect(by.verify(await token())).rejects.toThrow('cannot be read');
  await expect(by.verify(await token())).rejects.toThrow('did not answer moments ago');
});

test('a configuration that cannot be meant stops the server', () => {
  expect(() => authenticator({ issuerUrl: 'http://x' })).toThrow('--oidc-issuer-url');
  expect(() => authenticator({ clientId: '' })).toThrow('--oidc-client-id');
  expect(() => authenticator({ signingAlgorithms: ['none'] })).toThrow('--oidc-signing-algs');
});

test('an identity token opens the API only', async () => {
  await expect(authenticator().verify(await token(), ['vault'])).rejects.toThrow('for the API only');
});
