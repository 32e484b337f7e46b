import { seededRandom, silentLog, systemClock, type Live } from '@rhythm/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Authorizer, RequestAttributes } from '../../ports/types.ts';
import { startWebhook, type Answer, type TestWebhook } from '../../webhooks/testing.ts';
import { OrderedAuthorizer, parseAuthorizationConfiguration, type AuthorizationConfiguration } from './index.ts';

let webhook: TestWebhook;
let asked: Array<Record<string, unknown>>;
let status: object | undefined;
let ordered: OrderedAuthorizer | undefined;
// Failures that pass are tried again without waiting.
const clock = { ...systemClock, setTimer: systemClock.setTimer.bind(systemClock), now: () => systemClock.now(), monotonic: () => systemClock.monotonic(), sleep: () => Promise.resolve() };

beforeEach(async () => {
  asked = [];
  webhook = await startWebhook((_path, body): Answer => {
    asked.push(body);
    return status === undefined ? { code: 500 } : { body: { kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', status } };
  });
});
afterEach(async () => {
  ordered?.stop();
  await webhook.stop();
});

const kubeconfig = (): string =>
  JSON.stringify({ 'current-context': 'w', contexts: [{ name: 'w', context: { cluster: 'c', user: '' } }], clusters: [{ name: 'c', cluster: { server: webhook.url('/authorize'), 'certificate-authority-data': webhook.caBundle } }] });
const file = (...authorizers: object[]): string => JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers });
const asking = (more: object = {}, name = 'hook'): object => ({ type: 'Webhook', name, webhook: { timeout: '30s', subjectAccessReviewVersion: 'v1', failurePolicy: 'Deny', connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/etc/hook.yaml' }, ...more } });
const rbac = { type: 'RBAC', name: 'rbac' };
const parse = (...authorizers: object[]): AuthorizationConfiguration => parseAuthorizationConfiguration(file(...authorizers), kubeconfig);
const attributes = (more: Partial<RequestAttributes> = {}): RequestAttributes => ({ user: { name: 'ann', groups: ['devs'] }, verb: 'get', isResource: true, path: '', group: '', version: 'v1', resource: 'pods', subresource: '', namespace: 'kube-system', name: 'p', ...more });

/** Allows everything. */
const roles: Authorizer = { authorize: () => Promise.resolve({ allowed: true, reason: 'a role' }), rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: false }) };
function use(live: AuthorizationConfiguration | Live<AuthorizationConfiguration>): OrderedAuthorizer {
  ordered = new OrderedAuthorizer('current' in live ? live : { current: live, onChange: () => () => undefined }, { clock, random: seededRandom(1), log: silentLog, node: undefined, rbac: roles });
  return ordered;
}

test('those in front decide: a webhook may deny what roles would allow, allow, or leave it to them', async () => {
  const authorizer = use(parse(asking({ cacheAuthorizedRequests: false, cacheUnauthorizedRequests: false }), rbac));
  status = { allowed: false, denied: true, reason: 'never' };
  expect(await authorizer.authorize(attributes())).toEqual({ allowed: false, reason: 'never' });
  status = { allowed: true, reason: 'the hook' };
  expect(await authorizer.authorize(attributes())).toEqual({ allowed: true, reason: 'the hook' });
  status = { allowed: false };
  expect(await authorizer.authorize(attributes())).toEqual({ allowed: true, reason: 'a role' });
  expect(asked).toHaveLength(3);
  expect(asked[0]?.['spec']).toEqual({ resourceAttributes: { namespace: 'kube-system', verb: 'get', version: 'v1', resource: 'pods', name: 'p' }, user: 'ann', groups: ['devs'] });
});

test('those who hold the cluster cannot be locked out', async () => {
  status = { allowed: false, denied: true };
  const authorizer = use(parse(asking()));
  expect((await authorizer.authorize(attributes({ user: { name: 'root', groups: ['system:masters'] } }))).allowed).toBe(true);
  expect(asked).toEqual([]);
});

test('conditions say which requests are the webhook’s business', async () => {
  status = { allowed: false, denied: true };
  const matchConditions = [{ expression: "has(request.resourceAttributes) && request.resourceAttributes.namespace == 'kube-system'" }, { expression: "!('system:serviceaccounts' in request.groups)" }];
  const authorizer = use(parse(asking({ matchConditionSubjectAccessReviewVersion: 'v1', matchConditions }), rbac));
  expect((await authorizer.authorize(attributes({ namespace: 'default' }))).allowed).toBe(true);
  expect((await authorizer.authorize(attributes({ user: { name: 's', groups: ['system:serviceaccounts'] } }))).allowed).toBe(true);
  expect((await authorizer.authorize(attributes({ isResource: false, path: '/metrics' }))).allowed).toBe(true);
  expect(asked).toEqual([]);
  expect((await authorizer.authorize(attributes())).allowed).toBe(false);
});

test('a webhook that fails denies, or has no opinion, as configured; a condition that fails likewise', async () => {
  status = undefined;
  expect((await use(parse(asking(), rbac)).authorize(attributes())).allowed).toBe(false);
  expect((await use(parse(asking({ failurePolicy: 'NoOpinion' }), rbac)).authorize(attributes())).allowed).toBe(true);
  const failing = { matchConditionSubjectAccessReviewVersion: 'v1', matchConditions: [{ expression: "request.nonResourceAttributes.path == '/x'" }] };
  asked = [];
  expect((await use(parse(asking(failing), rbac)).authorize(attributes())).allowed).toBe(false);
  expect((await use(parse(asking({ ...failing, failurePolicy: 'NoOpinion' }), rbac)).authorize(attributes())).allowed).toBe(true);
  expect(asked).toEqual([]);
});

test('answers are remembered; another configuration is taken while running', async () => {
  status = { allowed: true };
  let change: (value: AuthorizationConfiguration) => void = () => undefined;
  const authorizer = use({ current: parse(asking()), onChange: (listener) => ((change = listener), () => undefined) });
  for (let times = 0; times < 3; times++) expect((await authorizer.authorize(attributes())).allowed).toBe(true);
  expect(asked).toHaveLength(1);
  change(parse({ type: 'Node', name: 'node' }));
  expect((await authorizer.authorize(attributes())).allowed).toBe(false);
});

describe('the file', () => {
  test.each<[string, () => object[], string]>([
    ['nobody to ask', () => [], 'authorizers: Required value'],
    ['an unknown type', () => [{ type: 'ABAC', name: 'a' }], 'authorizers[0].type: Unsupported value: "ABAC"'],
    ['one type twice', () => [rbac, { type: 'RBAC', name: 'more' }], 'authorizers[1].type: Duplicate value: "RBAC"'],
    ['one name twice', () => [asking(), asking()], 'authorizers[1].name: Duplicate value: "hook"'],
    ['a webhook for roles', () => [{ ...rbac, webhook: {} }], 'authorizers[0].webhook: Invalid value'],
    ['no timeout', () => [asking({ timeout: undefined })], 'authorizers[0].webhook.timeout: Required value'],
    ['a long timeout', () => [asking({ timeout: '31s' })], 'must be > 0s and <= 30s'],
    ['no policy', () => [asking({ failurePolicy: undefined })], 'authorizers[0].webhook.failurePolicy: Required value'],
    ['conditions without a version', () => [asking({ matchConditions: [{ expression: 'true' }] })], 'authorizers[0].webhook.matchConditionSubjectAccessReviewVersion: Required value'],
    ['a condition that makes no sense', () => [asking({ matchConditionSubjectAccessReviewVersion: 'v1', matchConditions: [{ expression: 'request.verb == 1' }] })], 'authorizers[0].webhook.matchConditions[0].expression'],
    ['a relative file', () => [asking({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'x' } })], 'authorizers[0].webhook.connectionInfo.kubeConfigFile'],
    ['no pod', () => [asking({ connectionInfo: { type: 'InClusterConfig' } })], 'InClusterConfig'],
  ])('%s is refused', (_name, authorizers, problem) => {
    expect(() => parse(...authorizers())).toThrow(problem);
  });
});
