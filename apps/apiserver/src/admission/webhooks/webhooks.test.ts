import { ApiError, type KubeObject } from '@rhythm/api';
import type { AdmissionRequest } from '@rhythm/api/types/admission-v1';
import type { MutatingWebhook } from '@rhythm/api/types/admissionregistration-v1';
import { seededRandom, silentLog, systemClock } from '@rhythm/base';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MemoryObjects } from '../../auth/memory-objects.ts';
import type { AdmissionStep } from '../../ports/types.ts';
import { testApi, type TestApi } from '../../testing.ts';
import { WebhookClient } from '../../webhooks/index.ts';
import { startWebhook, type Answer, type TestWebhook } from '../../webhooks/testing.ts';
import { mutatingWebhooks, validatingWebhooks, webhookConditions } from './index.ts';
import { kindRegistry } from '@rhythm/api';

type Response = Readonly<Record<string, unknown>>;

let server: TestWebhook;
let client: WebhookClient;
let api: TestApi;
let objects: MemoryObjects;
let answers: Record<string, (request: AdmissionRequest) => Response | Promise<Response>>;
/** Paths and requests as they came. */
let seen: { readonly path: string; readonly request: AdmissionRequest }[];

beforeAll(async () => {
  server = await startWebhook(async (url, review): Promise<Answer> => {
    const path = url.slice(1, url.indexOf('?'));
    const request = review['request'] as AdmissionRequest;
    seen.push({ path, request });
    return { body: { kind: 'AdmissionReview', apiVersion: review['apiVersion'], response: { uid: request.uid, allowed: true, ...(await answers[path]?.(request)) } } };
  });
});
afterAll(() => server.stop());
afterEach(async () => {
  await api.stop();
  client.close();
});

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }];
const hook = (path: string, more: Partial<MutatingWebhook> = {}): MutatingWebhook => ({ name: `${path}.example.com`, clientConfig: { url: server.url(`/${path}`), caBundle: server.caBundle }, rules, sideEffects: 'None', admissionReviewVersions: ['v1'], ...more });
const patchWith = (...operations: object[]): Response => ({ patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') });
const setKey = (key: string, value = 'yes'): Response => patchWith({ op: 'add', path: `/data/${key}`, value });

function serve(configurations: { readonly mutating?: readonly MutatingWebhook[]; readonly validating?: readonly MutatingWebhook[] }, tell: typeof answers = {}, more: readonly AdmissionStep[] = []): void {
  objects = new MemoryObjects();
  answers = tell;
  seen = [];
  client = new WebhookClient({ reader: objects, clock: systemClock, random: seededRandom(2) });
  const put = (resource: string, webhooks: readonly MutatingWebhook[]): void => objects.put('admissionregistration.k8s.io', resource, { metadata: { name: 'c', uid: '1', generation: 1 }, webhooks } as KubeObject);
  if (configurations.mutating !== undefined) put('mutatingwebhookconfigurations', configurations.mutating);
  if (configurations.validating !== undefined) put('validatingwebhookconfigurations', configurations.validating);
  const ports = { client, registry: kindRegistry, reader: objects, changes: objects, authorizer: { authorize: () => Promise.resolve({ allowed: true, reason: '' }), rulesFor: () => Promise.reject(new Error('none')) }, clock: systemClock, random: seededRandom(3), log: silentLog };
  api = testApi({ admission: [...more, mutatingWebhooks(ports), webhookConditions, validatingWebhooks(ports)] });
}

const map = (data: object = { k: '' }, metadata: object = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', ...metadata }, data });
const create = (data?: object, options?: { dryRun?: string[] }): Promise<{ data: Record<string, string> }> => api.call('create', 'v1/ns/a/configmaps', map(data), options);
const refusal = async (attempt: Promise<unknown>): Promise<ApiError> => {
  const error = await attempt.then(() => undefined, (caught: unknown) => caught);
  if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
  return error;
};

describe('mutating webhooks', () => {
  test('see what those before them have made, and what the request is', async () => {
    serve({ mutating: [hook('one'), hook('two')] }, { one: () => setKey('one'), two: ({ object }) => ('one' in (object as { data: object }).data ? setKey('two') : {}) });
    expect((await create()).data).toEqual({ k: '', one: 'yes', two: 'yes' });
    expect(seen[0]?.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { kind: 'ConfigMap' },
      name: 'm',
      namespace: 'a',
      operation: 'CREATE',
      userInfo: { username: 'tester', groups: ['system:masters'] },
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    });
  });

  test('are asked once more when a later one has changed something and they want to know', async () => {
    serve({ mutating: [hook('first', { reinvocationPolicy: 'IfNeeded' }), hook('never'), hook('last', { reinvocationPolicy: 'IfNeeded' })] }, { last: () => setKey('last') });
    await create();
    expect(seen.map(({ path }) => path)).toEqual(['first', 'never', 'last', 'first']);
  });

  test('are asked once more when another step has changed something after them', async () => {
    let runs = 0;
    const step: AdmissionStep = { name: 'Count', admit: ({ object }) => Promise.resolve(void ((object as unknown as { data: Record<string, string> }).data['runs'] = String(++runs))) };
    serve({ mutating: [hook('a', { reinvocationPolicy: 'IfNeeded' })] }, { a: () => setKey('a') }, [step]);
    expect((await create()).data).toEqual({ k: '', a: 'yes', runs: '2' });
    expect(seen).toHaveLength(2);
  });

  test('may not rename, nor forge what the server says', async () => {
    serve({ mutating: [hook('a')] }, { a: () => patchWith({ op: 'replace', path: '/metadata/namespace', value: 'b' }) });
    expect((await refusal(create())).code).toBe(400);
    answers['a'] = () => patchWith({ op: 'add', path: '/metadata/uid', value: 'forged' }, { op: 'add', path: '/metadata/managedFields', value: [{ manager: 'x', operation: 'Steal' }] });
    expect(await create()).not.toMatchObject({ metadata: { uid: 'forged' } });
  });

  test('answer with what can be applied, or fail', async () => {
    serve({ mutating: [hook('a')] }, { a: () => patchWith({ op: 'remove', path: '/data/none' }) });
    expect(await refusal(create())).toMatchObject({ code: 500, reason: 'InternalError' });
    answers['a'] = () => ({ patch: 'W10=' });
    expect((await refusal(create())).message).toBe('Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: webhook returned response.patch but not response.patchType');
    answers['a'] = () => ({ uid: 'other' });
    expect((await refusal(create())).message).toContain('expected response.uid=');
    answers['a'] = () => patchWith({ op: 'add', path: '/__proto__/x', value: 1 });
    await refusal(create());
    answers['a'] = () => patchWith({ op: 'add', path: '/data/__proto__', value: 'x' });
    expect(Object.keys((await create()).data).sort()).toEqual(['__proto__', 'k']);
  });

  test('refuse', async () => {
    serve({ mutating: [hook('a')] }, { a: () => ({ allowed: false }) });
    expect(await refusal(create())).toMatchObject({ code: 400, message: 'admission webhook "a.example.com" denied the request without explanation' });
  });
});

describe('validating webhooks', () => {
  test('see the final object and the one that is stored', async () => {
    serve({ mutating: [hook('m')], validating: [hook('v')] });
    await create({ k: '1' });
    answers['m'] = ({ operation }) => (operation === 'DELETE' ? {} : setKey('added'));
    await api.call('patch', 'v1/ns/a/configmaps/m', { data: { k: '2' } }, { contentType: 'application/merge-patch+json', fieldManager: 'me' });
    expect(seen.at(-1)?.request).toMatchObject({ operation: 'UPDATE', object: { data: { k: '2', added: 'yes' } }, oldObject: { data: { k: '1' } }, options: { kind: 'PatchOptions', fieldManager: 'me' } });
    await api.call('delete', 'v1/ns/a/configmaps/m', { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
    expect(seen.at(-1)?.request).toMatchObject({ operation: 'DELETE', name: 'm', object: null, oldObject: { data: { k: '2' } }, options: { kind: 'DeleteOptions', propagationPolicy: 'Background' } });
  });

  test('are asked side by side, and the first refusal in their order counts', async () => {
    const waiting: (() => void)[] = [];
    const together = (response: Response) => (): Promise<Response> => new Promise((resolve) => {
      waiting.push(() => resolve(response));
      if (waiting.length === 2) for (const go of waiting.reverse()) go();
    });
    serve({ validating: [hook('a'), hook('b')] }, { a: together({ allowed: false, status: { message: 'first', code: 418, reason: 'Teapot' } }), b: together({ allowed: false, status: { message: 'second' } }) });
    const error = await refusal(create());
    expect(error.toStatus()).toMatchObject({ code: 418, reason: 'Teapot', message: 'admission webhook "a.example.com" denied the request: first' });
  });

  test('fail as their policy says', async () => {
    const gone = { clientConfig: { url: 'https://127.0.0.1:1/x' } };
    serve({ validating: [hook('a', gone)] });
    expect(await refusal(create())).toMatchObject({ code: 500, reason: 'InternalError', message: 'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused' });
    await api.stop();
    client.close();
    serve({ validating: [hook('a', { ...gone, failurePolicy: 'Ignore' })] });
    await create();
  });

  test('warn, and keep off dry runs that they would spoil', async () => {
    serve({ validating: [hook('a', { sideEffects: 'Some' })] }, { a: () => ({ warnings: ['careful'] }) });
    expect((await api.respond('create', 'v1/ns/a/configmaps', map())).warnings).toEqual(['careful']);
    expect(await refusal(api.call('create', 'v1/ns/a/configmaps', map({}, { name: 'n' }), { dryRun: ['All'] }))).toMatchObject({ code: 400, message: 'admission webhook "a.example.com" does not support dry run' });
  });

  test('are asked only when their conditions hold', async () => {
    serve({ validating: [hook('a', { matchConditions: [{ name: 'not-m', expression: "object.metadata.name != 'm'" }] })] }, { a: () => ({ allowed: false }) });
    await create();
    await refusal(api.call('create', 'v1/ns/a/configmaps', map({}, { name: 'n' })));
    objects.put('admissionregistration.k8s.io', 'validatingwebhookconfigurations', { metadata: { name: 'c', uid: '1', generation: 2 }, webhooks: [hook('a', { matchConditions: [{ name: 'broken', expression: 'object.none.none' }] })] } as KubeObject);
    expect(await refusal(api.call('create', 'v1/ns/a/configmaps', map({}, { name: 'n' })))).toMatchObject({ code: 403 });
  });

  test('are configured with conditions that compile, and never asked about that', async () => {
    serve({ validating: [hook('all', { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] })] }, { all: () => ({ allowed: false }) });
    const configuration = (expression: string): object => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'c' }, webhooks: [hook('a', { name: 'a.b.c', matchConditions: [{ name: 'x', expression }] })] });
    const path = 'admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    expect((await refusal(api.call('create', path, configuration('object.')))).message).toContain('webhooks[0].matchConditions[0].expression: Invalid value: "object.": compilation failed');
    await api.call('create', path, configuration('true'));
    expect(seen).toEqual([]);
  });
});
