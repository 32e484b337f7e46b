import { seededRandom, silentLog, systemClock, VirtualClock } from '@rhythm/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RequestAttributes } from '../../ports/types.ts';
import { startWebhook, type Answer, type TestWebhook } from '../../webhooks/testing.ts';
import { reviewWebhookLimits as limits } from './limits.ts';
import { ReviewClient, webhookAuthorizer, webhookEndpoint, webhookTokens } from './index.ts';

const token = 'opaque-secret-token';
let webhook: TestWebhook;
let client: ReviewClient;
let clock: VirtualClock;
let asked: Array<Record<string, unknown>>;
let answer: (body: Record<string, unknown>) => Answer;

const tokenReview = (status: unknown): Answer => ({ body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', status } });
const jane = { authenticated: true, user: { username: 'jane', uid: '42', groups: ['developers'], extra: { 'example.com/team': ['a'] } } };
const kubeconfig = (change: (config: Record<string, unknown>) => void = () => undefined, cluster: object = {}, user: object = {}): string => {
  const config: Record<string, unknown> = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'webhook',
    contexts: [{ name: 'webhook', context: { cluster: 'authn', user: 'api' } }],
    clusters: [{ name: 'authn', cluster: { server: webhook.url('/authenticate'), 'certificate-authority-data': webhook.caBundle, ...cluster } }],
    users: [{ name: 'api', user: { token: 'of-the-api-server', ...user } }],
  };
  change(config);
  return JSON.stringify(config);
};
const endpoint = (...args: Parameters<typeof kubeconfig>): ReturnType<typeof webhookEndpoint> => webhookEndpoint('/etc/webhook.yaml', () => kubeconfig(...args));

beforeEach(async () => {
  asked = [];
  answer = () => tokenReview(jane);
  webhook = await startWebhook((_path, body) => {
    asked.push(body);
    return answer(body);
  });
  clock = new VirtualClock();
  // Failures that pass are tried again without waiting.
  client = new ReviewClient(endpoint(), { clock: { ...systemClock, setTimer: (ms, callback) => systemClock.setTimer(ms, callback), sleep: () => Promise.resolve(), now: () => systemClock.now(), monotonic: () => systemClock.monotonic() }, random: seededRandom(1) });
});
afterEach(async () => {
  client.close();
  await webhook.stop();
});

const authenticator = (cacheMs = 120_000): ReturnType<typeof webhookTokens> => webhookTokens(client, ['api'], cacheMs, clock);

describe('tokens', () => {
  test('the webhook names the user; it is asked once in two minutes, also by many at once', async () => {
    const tokens = authenticator();
    const found = await Promise.all(Array.from({ length: 10 }, () => tokens.verify(token)));
    expect(found[0]).toEqual({ user: { name: 'jane', uid: '42', groups: ['developers'], extra: { 'example.com/team': ['a'] } }, audiences: ['api'] });
    expect(asked).toEqual([{ kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token, audiences: ['api'] } }]);
    await clock.advance(119_000);
    await tokens.verify(token);
    expect(asked).toHaveLength(1);
    await clock.advance(2_000);
    await tokens.verify(token);
    expect(asked).toHaveLength(2);
  });

  test('one that it does not know is refused, and asked about again soon', async () => {
    const tokens = authenticator();
    answer = () => tokenReview({ authenticated: false, error: `never heard of ${token}` });
    for (let turn = 0; turn < 2; turn++) await expect(tokens.verify(token)).rejects.toThrow('the webhook does not know the token');
    expect(asked).toHaveLength(1);
    answer = () => tokenReview(jane);
    await clock.advance(limits.refusedTokenMs + 1);
    expect((await tokens.verify(token))?.user.name).toBe('jane');
  });

  test('audiences are the webhook’s to say; one that knows none speaks for the API', async () => {
    const tokens = authenticator();
    await expect(tokens.verify(token, ['vault'])).rejects.toThrow('other audiences');
    answer = () => tokenReview({ ...jane, audiences: ['vault', 'more'] });
    expect((await tokens.verify('another', ['vault', 'x']))?.audiences).toEqual(['vault']);
    await expect(tokens.verify('another')).rejects.toThrow('other audiences');
  });

  test.each<[string, unknown]>([
    ['no user', { authenticated: true }],
    ['an empty name', { authenticated: true, user: { username: '' } }],
    ['groups that are none', { authenticated: true, user: { username: 'x', groups: 'system:masters' } }],
    ['a yes that is no boolean', { authenticated: 'true', user: { username: 'x' } }],
    ['extra that is none', { authenticated: true, user: { username: 'x', extra: { a: 'b' } } }],
    ['no status', undefined],
    ['a list', []],
  ])('%s lets nobody in', async (_name, status) => {
    answer = () => tokenReview(status);
    await expect(authenticator().verify(token)).rejects.toMatchObject({ name: 'InvalidTokenError' });
  });

  test.each<[string, Answer]>([
    ['another kind', { body: { kind: 'Pod', apiVersion: 'v1', status: jane } }],
    ['another version', { body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1beta1', status: jane } }],
    ['no JSON', { body: `{"${token}` }],
    ['forbidden', { code: 403, body: {} }],
    ['a redirect', { code: 307, headers: { location: 'https://127.0.0.1/' }, body: {} }],
    ['too much', { body: 'x'.repeat(limits.answerBytesMax + 1) }],
  ])('%s is a failure, not repeated, not remembered, and without the token in its text', async (_name, bad) => {
    answer = () => bad;
    const tokens = authenticator();
    const error = await tokens.verify(token).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: 'InvalidTokenError' });
    expect(String((error as Error).message) + String((error as Error).cause)).not.toContain(token);
    expect(asked).toHaveLength(1);
    answer = () => tokenReview(jane);
    expect((await tokens.verify(token))?.user.name).toBe('jane');
  });

  test('a failure that passes is tried again; one that does not is an end', async () => {
    answer = () => (asked.length < 3 ? { code: 503, body: {} } : tokenReview(jane));
    expect((await authenticator().verify(token))?.user.name).toBe('jane');
    expect(asked).toHaveLength(3);
    answer = () => ({ code: 500, body: {} });
    await expect(authenticator().verify('another')).rejects.toThrow('it answered 500');
    expect(asked).toHaveLength(3 + limits.attemptsMax);
    await webhook.stop();
    await expect(authenticator().verify('third')).rejects.toThrow('did not answer');
  });

  test('a webhook whose certificate another authority signed is not told the token', async () => {
    const other = await startWebhook(() => tokenReview(jane));
    const wrong = new ReviewClient(endpoint(undefined, { 'certificate-authority-data': other.caBundle }), { clock: { ...systemClock, setTimer: (ms, callback) => systemClock.setTimer(ms, callback), sleep: () => Promise.resolve() }, random: seededRandom(1) });
    await expect(webhookTokens(wrong, ['api'], 0, clock).verify(token)).rejects.toThrow('certificate');
    expect(asked).toEqual([]);
    wrong.close();
    await other.stop();
  });
});

describe('rights', () => {
  const attributes: RequestAttributes = { user: { name: 'jane', groups: ['developers'] }, verb: 'get', isResource: true, path: '', group: '', version: 'v1', resource: 'pods', subresource: '', namespace: 'a', name: 'p' };
  const accessReview = (status: unknown): Answer => ({ body: { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', status } });
  const authorizer = (): ReturnType<typeof webhookAuthorizer> => webhookAuthorizer(client, { allowedMs: 300_000, deniedMs: 30_000 }, { clock, log: silentLog });

  test('the webhook allows, and is remembered for as long as the flags say', async () => {
    const access = authorizer();
    answer = () => accessReview({ allowed: true, reason: 'a friend' });
    expect(await access.authorize(attributes)).toEqual({ allowed: true, reason: 'a friend' });
    expect(asked[0]?.['spec']).toEqual({ resourceAttributes: { namespace: 'a', verb: 'get', version: 'v1', resource: 'pods', name: 'p' }, user: 'jane', groups: ['developers'] });
    await clock.advance(299_000);
    await access.authorize(attributes);
    expect(asked).toHaveLength(1);
    await access.authorize({ ...attributes, isResource: false, path: '/metrics' });
    expect(asked[1]?.['spec']).toMatchObject({ nonResourceAttributes: { path: '/metrics', verb: 'get' } });
    answer = () => accessReview({ allowed: false, reason: 'no more' });
    await clock.advance(2_000);
    expect(await access.authorize(attributes)).toEqual({ allowed: false, reason: 'no more' });
  });

  test.each<[string, () => Answer]>([
    ['a yes that is denied too', () => accessReview({ allowed: true, denied: true })],
    ['a yes that is text', () => accessReview({ allowed: 'true' })],
    ['a failure', () => ({ code: 400, body: {} })],
    ['nonsense', () => ({ body: '[]' })],
  ])('%s allows nothing', async (_name, bad) => {
    answer = bad;
    expect((await authorizer().authorize(attributes)).allowed).toBe(false);
  });
});

describe('the kubeconfig', () => {
  test('names authority, certificate and token, in place or in files beside it', () => {
    expect(endpoint()).toMatchObject({ token: 'of-the-api-server' });
    const files: Record<string, string> = { '/etc/webhook.yaml': kubeconfig(undefined, { 'certificate-authority-data': '', 'certificate-authority': 'ca.pem' }, { tokenFile: '/run/token', token: '' }), '/etc/ca.pem': Buffer.from(webhook.caBundle, 'base64').toString(), '/run/token': 'from a file\n' };
    expect(webhookEndpoint('/etc/webhook.yaml', (path) => files[path] ?? '')).toMatchObject({ token: 'from a file', ca: files['/etc/ca.pem'] });
  });

  test.each<[string, Parameters<typeof kubeconfig>, string]>([
    ['plain HTTP', [undefined, { server: 'http://127.0.0.1:1' }], 'cluster.server: must be an address of HTTPS'],
    ['no server', [undefined, { server: '' }], 'cluster.server'],
    ['a webhook that may be anybody', [undefined, { 'insecure-skip-tls-verify': true }], 'insecure-skip-tls-verify'],
    ['a program', [undefined, {}, { exec: { command: 'rm' } }], 'user.exec: not supported'],
    ['a certificate without a key', [undefined, {}, { 'client-certificate-data': 'eA==' }], 'go together'],
    ['nonsense for a certificate', [undefined, { 'certificate-authority-data': 'eA==' }], 'cannot be used'],
    ['no context', [(config) => (config['current-context'] = 'gone')], 'contexts: there is none of the name "gone"'],
    ['no clusters', [(config) => delete config['clusters']], 'clusters: there is none'],
  ])('%s is refused', (_name, args, why) => {
    expect(() => endpoint(...args)).toThrow(why);
  });
});
