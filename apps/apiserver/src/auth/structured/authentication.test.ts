import { silentLog, VirtualClock, type Live } from '@rhythm/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startIssuer, type TestIssuer } from '../oidc/testing.ts';
import { isAnonymousAllowed, parseAuthenticationConfiguration, structuredTokens, type AuthenticationConfiguration } from './index.ts';

const own = 'https://kubernetes.default.svc';
const clock = new VirtualClock(1_800_000_000_000);
let issuer: TestIssuer;
let other: TestIssuer;
beforeAll(async () => {
  [issuer, other] = await Promise.all([startIssuer(), startIssuer('/elsewhere/openid')]);
});
afterAll(() => [issuer, other].forEach((one) => one.stop()));

const file = (...jwt: object[]): string => JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt });
const parse = (text: string): AuthenticationConfiguration => parseAuthenticationConfiguration(text, own);
const from = (more: object = {}, at: () => object = () => ({ url: issuer.url, certificateAuthority: issuer.ca, audiences: ['kube'] })): object => ({ issuer: at(), claimMappings: { username: { claim: 'sub', prefix: 'a:' } }, ...more });

class Changing<T> implements Live<T> {
  current: T;
  #listener: (value: T) => void = () => undefined;
  constructor(value: T) {
    this.current = value;
  }
  onChange(listener: (value: T) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }
  set(value: T): void {
    this.current = value;
    this.#listener(value);
  }
}

async function userOf(config: object, claims: Record<string, unknown>): Promise<unknown> {
  const { tokens } = structuredTokens(new Changing(parse(file(config))), [own], { clock, log: silentLog });
  return (await tokens.verify(await issuer.token({ aud: 'kube', sub: 'ann', ...claims }, clock.now())))?.user;
}

describe('tokens', () => {
  test('several issuers, each with its own rules; a discovery document elsewhere; another configuration while running', async () => {
    const second = { issuer: { url: other.url, discoveryURL: `${other.url}/elsewhere/openid`, certificateAuthority: other.ca, audiences: ['x', 'kube'], audienceMatchPolicy: 'MatchAny' }, claimMappings: { username: { claim: 'name', prefix: '' } } };
    const live = new Changing(parse(file(from(), second)));
    const { tokens } = structuredTokens(live, [own], { clock, log: silentLog });
    const [ann, bob] = await Promise.all([issuer.token({ aud: 'kube', sub: 'ann' }, clock.now()), other.token({ aud: ['kube'], name: 'bob' }, clock.now())]);
    expect(await tokens.verify(ann)).toEqual({ user: { name: 'a:ann', groups: [] }, audiences: [own] });
    expect((await tokens.verify(bob))?.user.name).toBe('bob');
    expect(other.asked).toEqual(['/elsewhere/openid', '/keys']);
    await expect(tokens.verify(await issuer.token({ aud: 'x', sub: 'ann' }, clock.now()))).rejects.toThrow('the identity token is not good');
    live.set(parse(file(second)));
    expect(await tokens.verify(ann)).toBeUndefined();
  });

  test('claims are mapped by expressions', async () => {
    const claimMappings = {
      username: { expression: '"oidc:" + claims.user.name' },
      groups: { expression: 'claims.roles.split(",").map(role, "g:" + role)' },
      uid: { expression: 'string(claims.number)' },
      extra: [{ key: 'example.com/tenant', valueExpression: 'claims.tenant' }, { key: 'example.com/none', valueExpression: '""' }],
    };
    expect(await userOf(from({ claimMappings }), { user: { name: 'ann' }, roles: 'dev,ops', number: 7, tenant: ['t1', 't2'] })).toEqual({ name: 'oidc:ann', groups: ['g:dev', 'g:ops'], uid: '7', extra: { 'example.com/tenant': ['t1', 't2'] } });
    await expect(userOf(from({ claimMappings }), { user: {} })).rejects.toThrow('an expression about the identity token failed');
  });

  test('claims are mapped by name, and missing ones give nobody a name', async () => {
    const claimMappings = { username: { claim: 'email', prefix: '' }, groups: { claim: 'groups', prefix: 'o:' }, uid: { claim: 'oid' } };
    expect(await userOf(from({ claimMappings }), { email: 'a@b.c', groups: 'x', oid: '1' })).toEqual({ name: 'a@b.c', groups: ['o:x'], uid: '1' });
    await expect(userOf(from({ claimMappings }), { email: 'a@b.c', email_verified: false, oid: '1' })).rejects.toThrow('not verified');
    await expect(userOf(from({ claimMappings }), { oid: '1' })).rejects.toThrow('no username');
    await expect(userOf(from({ claimMappings }), { email: 'a@b.c', groups: [{}], oid: '1' })).rejects.toThrow('list of texts');
  });

  test('rules about claims and about the user refuse', async () => {
    const rules = {
      claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }, { expression: 'claims.exp - claims.nbf <= 86400', message: 'it lives too long' }],
      userValidationRules: [{ expression: "!user.username.startsWith('a:system:')", message: 'reserved' }, { expression: "user.groups.all(group, group != 'admins')" }],
    };
    const nbf = clock.now() / 1000 - 10;
    expect(await userOf(from(rules), { hd: 'example.com', nbf })).toEqual({ name: 'a:ann', groups: [] });
    await expect(userOf(from(rules), { nbf })).rejects.toThrow('"hd"');
    await expect(userOf(from(rules), { hd: 'example.com', nbf: nbf - 100_000 })).rejects.toThrow('it lives too long');
    await expect(userOf(from(rules), { hd: 'example.com', nbf, sub: 'system:x' })).rejects.toThrow('reserved');
  });

  test('an expression that never ends its work is stopped', async () => {
    const list = '[1,2,3,4,5,6,7,8,9,10]';
    const expression = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, ${list}.all(e, ${list}.all(f, ${list}.all(g, a + b + c + d + e + f + g > 0)))))))`;
    await expect(userOf(from({ claimValidationRules: [{ expression }] }), {})).rejects.toThrow('cost too much');
  });
});

describe('the file', () => {
  const at = (): object => ({ url: 'https://issuer.example', audiences: ['kube'] });
  test.each<[string, object, string]>([
    ['no https', from({}, () => ({ ...at(), url: 'http://x' })), 'jwt[0].issuer.url: Invalid value: "http://x": URL scheme must be https'],
    ['a password', from({}, () => ({ ...at(), url: 'https://a:secret@x' })), 'jwt[0].issuer.url: Invalid value: "<omitted>": URL must not contain a username or password'],
    ['our own issuer', from({}, () => ({ ...at(), url: own })), 'must not overlap with disallowed issuers'],
    ['the same discovery', from({}, () => ({ ...at(), discoveryURL: 'https://issuer.example/' })), 'jwt[0].issuer.discoveryURL'],
    ['no audience', from({}, () => ({ ...at(), audiences: [] })), 'jwt[0].issuer.audiences: Required value'],
    ['many audiences without a policy', from({}, () => ({ ...at(), audiences: ['a', 'b'] })), 'jwt[0].issuer.audienceMatchPolicy: Invalid value: ""'],
    ['an authority that is none', from({}, () => ({ ...at(), certificateAuthority: 'x' })), 'jwt[0].issuer.certificateAuthority'],
    ['no prefix', from({ claimMappings: { username: { claim: 'sub' } } }, at), 'jwt[0].claimMappings.username.prefix: Required value'],
    ['claim and expression', from({ claimMappings: { username: { claim: 'sub', prefix: '', expression: 'claims.sub' } } }, at), "can't both be set"],
    ['a wrong expression', from({ claimMappings: { username: { expression: 'claims.' } } }, at), 'jwt[0].claimMappings.username.expression: Invalid value: "claims.": compilation failed'],
    ['a name that is no text', from({ claimMappings: { username: { expression: '1' } } }, at), 'must evaluate to string'],
    ['a rule that is no question', from({ claimValidationRules: [{ expression: '"x"' }] }, at), 'jwt[0].claimValidationRules[0].expression'],
    ['a variable of elsewhere', from({ userValidationRules: [{ expression: 'claims.sub == "x"' }] }, at), 'jwt[0].userValidationRules[0].expression'],
    ['an address that nobody checked', from({ claimMappings: { username: { expression: 'claims.email' } } }, at), 'claims.email_verified must be used'],
    ['a key of the system', from({ claimMappings: { username: { claim: 'sub', prefix: '' }, extra: [{ key: 'x.k8s.io/y', valueExpression: '"z"' }] } }, at), 'jwt[0].claimMappings.extra[0].key'],
    ['an unknown field', from({ claims: {} }, at), 'jwt[0].claims: unknown field'],
  ])('%s is refused', (_name, jwt, problem) => {
    expect(() => parse(file(jwt))).toThrow(problem);
  });

  test('one issuer twice is refused; a verified address is not', () => {
    expect(() => parse(file(from({}, at), from({}, at)))).toThrow('jwt[1].issuer.url: Duplicate value');
    expect(parse(file(from({ claimMappings: { username: { expression: 'claims.email_verified ? claims.email : claims.sub' } } }, at))).jwt).toHaveLength(1);
  });

  test('it says who may come without a credential', () => {
    const anonymous = (value: object): AuthenticationConfiguration => parse(JSON.stringify({ ...(JSON.parse(file()) as object), anonymous: value }));
    const open = ['/livez'];
    expect([isAnonymousAllowed(undefined, '/livez/ping', open), isAnonymousAllowed(undefined, '/metrics', open), isAnonymousAllowed(undefined, undefined, open)]).toEqual([true, false, false]);
    const some = anonymous({ enabled: true, conditions: [{ path: '/healthz' }] }).anonymous;
    expect([isAnonymousAllowed(some, '/healthz', open), isAnonymousAllowed(some, '/healthz/etcd', open), isAnonymousAllowed(some, '/livez', open), isAnonymousAllowed(some, undefined, open)]).toEqual([true, false, false, false]);
    expect(isAnonymousAllowed(anonymous({ enabled: true }).anonymous, undefined, open)).toBe(true);
    expect(isAnonymousAllowed(anonymous({ enabled: false }).anonymous, '/livez', open)).toBe(false);
    expect(() => anonymous({ enabled: false, conditions: [{ path: '/x' }] })).toThrow('anonymous.conditions: Invalid value');
    expect(() => anonymous({ enabled: true, conditions: [{ path: '/api/v1/pods' }] })).toThrow('anonymous.conditions[0].path');
  });
});
