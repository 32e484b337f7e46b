import type { KubeObject } from '@rhythm/api';
import type { AdmissionRequest } from '@rhythm/api/types/admission-v1';
import type { ConversionRequest, CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import type { ConfigMap, Pod } from '@rhythm/api/types/core-v1';
import { systemClock } from '@rhythm/base';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { made, startRig, type Reply, type Rig } from './rig.ts';

let rig: Rig;
/** Namespace of the test that runs; what webhooks are about is kept to it by its label. */
let namespace = '';
let count = 0;

const group = '/apis/admissionregistration.k8s.io/v1';
const mutating = `${group}/mutatingwebhookconfigurations`;
const validating = `${group}/validatingwebhookconfigurations`;
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const mergePatch = 'application/merge-patch+json';
const slowMs = 1_500;

beforeAll(async () => {
  rig = await startRig(async (url, review) => {
    const path = new URL(url, 'https://hook').pathname;
    const request = review['request'] as AdmissionRequest & ConversionRequest;
    if (path === '/convert') return { body: { kind: 'ConversionReview', apiVersion: review['apiVersion'], response: { uid: request.uid, result: { status: 'Success' }, convertedObjects: request.objects.map((object) => convert(object as Crystal, request.desiredAPIVersion)) } } };
    return { body: { kind: 'AdmissionReview', apiVersion: review['apiVersion'], response: { uid: request.uid, allowed: true, ...(await verdict(path, request)) } } };
  });
});
afterAll(() => rig.stop());
afterEach(async () => {
  for (const path of [mutating, validating]) expect((await rig.ask('DELETE', path)).code).toBe(200);
});

async function begin(labels: Record<string, string> = {}): Promise<string> {
  namespace = `t${++count}`;
  await made(rig, '/api/v1/namespaces', { metadata: { name: namespace, labels: { test: namespace, ...labels } } });
  return `/api/v1/namespaces/${namespace}`;
}

/** What the webhook says at each of its paths. */
async function verdict(path: string, { object, oldObject, operation }: AdmissionRequest): Promise<object> {
  const data = (object as ConfigMap | null)?.data ?? {};
  const patch = (...operations: object[]): object => ({ patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') });
  switch (path) {
    case '/add-1':
      return data['start'] === undefined ? {} : patch({ op: 'add', path: '/data/stage-1', value: 'yes' });
    case '/add-2':
      return data['stage-1'] === undefined ? {} : patch({ op: 'add', path: '/data/stage-2', value: 'yes' });
    case '/add-init':
      return patch({ op: 'add', path: '/spec/initContainers', value: [{ name: 'added', image: 'pause' }] });
    case '/label':
      return patch({ op: 'add', path: '/metadata/labels', value: { added: 'yes' } });
    case '/deny':
      return { allowed: false, status: { message: 'this will never do' } };
    case '/deny-bad': {
      const bad = operation === 'DELETE' ? (oldObject as ConfigMap | null)?.data?.['kept'] !== undefined : data['bad'] !== undefined || (object as Pod).metadata.name === 'bad';
      return bad ? { allowed: false, status: { message: 'the object contains unwanted content', code: 403 } } : {};
    }
    case '/slow':
      await systemClock.sleep(slowMs);
      return {};
    default:
      return {};
  }
}

const rule = (resources: string[], operations = ['CREATE'], apiGroups = [''], apiVersions = ['v1']): object => ({ apiGroups, apiVersions, operations, resources });
const hook = (path: string, rules: object[], more: object = {}): object => ({
  name: `${path}.hooks.example.com`,
  clientConfig: rig.client(`/${path}`),
  rules,
  sideEffects: 'None',
  admissionReviewVersions: ['v1', 'v1beta1'],
  namespaceSelector: { matchLabels: { test: namespace } },
  ...more,
});
const configuration = (kind: string, webhooks: object[], labels: object = {}): { metadata: { name: string; labels: object } } & Record<string, unknown> => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: `c-${namespace}`, labels }, webhooks });
const mutate = (webhooks: object[], labels?: object): Promise<KubeObject> => made(rig, mutating, configuration('MutatingWebhookConfiguration', webhooks, labels));
const validate = (webhooks: object[], labels?: object): Promise<KubeObject> => made(rig, validating, configuration('ValidatingWebhookConfiguration', webhooks, labels));
const map = (name: string, data: Record<string, string>): object => ({ metadata: { name }, data });
const post = (home: string, name: string, data: Record<string, string>): Promise<Reply<ConfigMap>> => rig.ask('POST', `${home}/configmaps`, map(name, data));
const pod = (name: string): object => ({ metadata: { name }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'pause' }] } });

/** The account that pods run as. */
const account = async (home: string): Promise<unknown> => made(rig, `${home}/serviceaccounts`, { metadata: { name: 'default' } });

describe('configurations', () => {
  test('wh-discovery', async () => {
    const groups = (await rig.ask<{ groups: { name: string; versions: { groupVersion: string }[] }[] }>('GET', '/apis')).body.groups;
    expect(groups.find(({ name }) => name === 'admissionregistration.k8s.io')?.versions).toContainEqual({ groupVersion: 'admissionregistration.k8s.io/v1', version: 'v1' });
    expect((await rig.ask<{ versions: object[] }>('GET', '/apis/admissionregistration.k8s.io')).body.versions).toContainEqual({ groupVersion: 'admissionregistration.k8s.io/v1', version: 'v1' });
    const names = (await rig.ask<{ resources: { name: string }[] }>('GET', group)).body.resources.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']));
  });

  test.each([
    ['wh-list-mutating', mutating, 'MutatingWebhookConfiguration'],
    ['wh-list-validating', validating, 'ValidatingWebhookConfiguration'],
  ])('%s', async (_id, path, kind) => {
    const home = await begin();
    const isMutating = path === mutating;
    for (const name of ['one', 'two']) await made(rig, path, { ...configuration(kind, [hook(isMutating ? 'label' : 'deny-bad', [rule(['configmaps'])])]), metadata: { name: `${name}-${namespace}`, labels: { list: namespace } } });
    const selected = `${path}?labelSelector=list%3D${namespace}`;
    expect((await rig.ask<{ items: object[] }>('GET', selected)).body.items).toHaveLength(2);
    const first = await post(home, 'a', { bad: '' });
    if (isMutating) expect(first.body.metadata.labels).toEqual({ added: 'yes' });
    else expect(first.code).toBe(403);
    expect((await rig.ask('DELETE', selected)).code).toBe(200);
    const second = await post(home, 'b', { bad: '' });
    expect([second.code, second.body.metadata.labels]).toEqual([201, undefined]);
  });

  test.each([
    ['wh-update-mutating', mutating, 'MutatingWebhookConfiguration'],
    ['wh-update-validating', validating, 'ValidatingWebhookConfiguration'],
  ])('%s', async (_id, path, kind) => {
    const home = await begin();
    const isAsked = async (name: string): Promise<boolean> => {
      const { code, body } = await post(home, name, { bad: '' });
      return path === mutating ? body.metadata.labels?.['added'] === 'yes' : code === 403;
    };
    const own = configuration(kind, [hook(path === mutating ? 'label' : 'deny-bad', [rule(['configmaps'])])]);
    const stored = await made<KubeObject & { webhooks: { rules: object[] }[] }>(rig, path, own);
    expect(await isAsked('a')).toBe(true);
    const target = `${path}/${own.metadata.name}`;
    const updated = await rig.ask('PUT', target, { ...stored, webhooks: stored.webhooks.map((one) => ({ ...one, rules: [rule(['configmaps'], ['UPDATE'])] })) });
    expect(updated.code).toBe(200);
    expect(await isAsked('b')).toBe(false);
    expect((await rig.ask('PATCH', target, [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }], 'application/json-patch+json')).code).toBe(200);
    expect(await isAsked('c')).toBe(true);
  });

  test.each([
    ['wh-matchcond-crud-mutating', mutating, 'MutatingWebhookConfiguration'],
    ['wh-matchcond-crud-validating', validating, 'ValidatingWebhookConfiguration'],
  ])('%s', async (_id, path, kind) => {
    await begin();
    const own = (name: string): { metadata: { name: string } } => configuration(kind, [hook('none', [rule(['configmaps'])], { matchConditions: [{ name, expression: `object.metadata.name == '${name}'` }] })]);
    await made(rig, path, own('first'));
    const target = `${path}/${own('first').metadata.name}`;
    type Stored = KubeObject & { webhooks: { matchConditions: object[] }[] };
    const stored = (await rig.ask<Stored>('GET', target)).body;
    expect(stored.webhooks[0]?.matchConditions).toEqual([{ name: 'first', expression: "object.metadata.name == 'first'" }]);
    await rig.ask('PUT', target, { ...own('second'), metadata: stored.metadata });
    expect((await rig.ask<Stored>('GET', target)).body.webhooks[0]?.matchConditions).toEqual([{ name: 'second', expression: "object.metadata.name == 'second'" }]);
  });

  test.each([
    ['wh-matchcond-invalid-mutating', mutating, 'MutatingWebhookConfiguration'],
    ['wh-matchcond-invalid-validating', validating, 'ValidatingWebhookConfiguration'],
  ])('%s', async (_id, path, kind) => {
    await begin();
    const { code, body } = await rig.ask('POST', path, configuration(kind, [hook('none', [rule(['configmaps'])], { matchConditions: [{ name: 'bad', expression: '... [] bad expression' }] })]));
    expect([code, body.reason]).toEqual([422, 'Invalid']);
    expect(body.message).toContain('compilation failed');
  });

  test('wh-no-self-mutation', async () => {
    await begin();
    const own = { namespaceSelector: undefined };
    const everything = [rule(['*/*'], ['*'], ['*'], ['*'])];
    const only = [rule(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'], ['*'], ['admissionregistration.k8s.io'], ['*'])];
    await mutate([hook('label', only, own)]);
    await validate([hook('deny', only, own), hook('none', everything, own)]);
    for (const [path, kind] of [[mutating, 'MutatingWebhookConfiguration'], [validating, 'ValidatingWebhookConfiguration']] as const) {
      const victim = await made(rig, path, { ...configuration(kind, [hook('none', [rule(['configmaps'])])]), metadata: { name: 'victim' } });
      expect(victim.metadata.labels).toBeUndefined();
      expect((await rig.ask('DELETE', `${path}/victim`)).code).toBe(200);
    }
  });
});

describe('requests', () => {
  test('wh-deny-pod-configmap', async () => {
    const home = await begin();
    await account(home);
    const exempt = `x${namespace}`;
    await made(rig, '/api/v1/namespaces', { metadata: { name: exempt, labels: { test: namespace, exempt: 'yes' } } });
    const selector = { namespaceSelector: { matchLabels: { test: namespace }, matchExpressions: [{ key: 'exempt', operator: 'DoesNotExist' }] } };
    await validate([hook('deny-bad', [rule(['configmaps', 'pods'], ['CREATE', 'UPDATE'])], selector), hook('slow', [rule(['pods'])], { ...selector, timeoutSeconds: 1, objectSelector: { matchLabels: { hang: 'yes' } } })]);
    const refused = { code: 403, body: { message: 'admission webhook "deny-bad.hooks.example.com" denied the request: the object contains unwanted content' } };
    expect(await rig.ask('POST', `${home}/pods`, pod('bad'))).toMatchObject(refused);
    expect(await post(home, 'm', { bad: '' })).toMatchObject(refused);
    expect((await post(home, 'good', { k: '' })).code).toBe(201);
    expect(await rig.ask('PUT', `${home}/configmaps/good`, map('good', { bad: '' }))).toMatchObject(refused);
    expect(await rig.ask('PATCH', `${home}/configmaps/good`, { data: { bad: '' } }, mergePatch)).toMatchObject(refused);
    const hanging = await rig.ask('POST', `${home}/pods`, { ...pod('hangs'), metadata: { name: 'hangs', labels: { hang: 'yes' } } });
    expect([hanging.code, hanging.body.reason]).toEqual([500, 'InternalError']);
    expect(hanging.body.message).toMatch(/failed calling webhook "slow.hooks.example.com": .*\?timeout=1s": context deadline exceeded/);
    expect((await post(`/api/v1/namespaces/${exempt}`, 'm', { bad: '' })).code).toBe(201);
  });

  test('wh-deny-attach', async () => {
    const home = await begin();
    await account(home);
    await made(rig, `${home}/pods`, pod('p'));
    await validate([hook('deny', [rule(['pods/attach'], ['CONNECT'])])]);
    const { code, body } = await rig.upgrade(`${home}/pods/p/attach?stdin=true&stdout=true&container=c`);
    expect([code, body.message]).toEqual([400, 'admission webhook "deny.hooks.example.com" denied the request: this will never do']);
  });

  test('wh-deny-crd', async () => {
    await begin();
    await validate([hook('deny', [rule(['customresourcedefinitions'], ['CREATE'], ['apiextensions.k8s.io'], ['*'])], { namespaceSelector: undefined, objectSelector: { matchLabels: { test: namespace } } })]);
    const definition = crystals('denied', ['v1']);
    const { code, body } = await rig.ask('POST', definitions, { ...definition, metadata: { ...definition.metadata, labels: { test: namespace } } });
    expect([code, body.message]).toEqual([400, 'admission webhook "deny.hooks.example.com" denied the request: this will never do']);
    expect((await rig.ask('GET', `${definitions}/${definition.metadata.name ?? ''}`)).code).toBe(404);
  });

  test('wh-timeout', async () => {
    const home = await begin();
    const attempt = async (name: string, more: object): Promise<Reply<ConfigMap>> => {
      await rig.ask('DELETE', validating);
      await validate([hook('slow', [rule(['configmaps'])], more)]);
      return post(home, name, { k: '' });
    };
    const short = await attempt('a', { timeoutSeconds: 1, failurePolicy: 'Fail' });
    expect(short.body.message).toMatch(/failed calling webhook .*timeout=1s.*deadline/);
    expect((await attempt('b', { timeoutSeconds: 1, failurePolicy: 'Ignore' })).code).toBe(201);
    expect((await attempt('c', { timeoutSeconds: 10 })).code).toBe(201);
    expect((await attempt('d', {})).code).toBe(201);
  });

  test('wh-fail-closed', async () => {
    const home = await begin();
    const { service } = rig.client('/none') as { service: object };
    await validate([hook('closed', [rule(['configmaps'])], { failurePolicy: 'Fail', clientConfig: { service } })]);
    expect(await post(home, 'm', { k: '' })).toMatchObject({ code: 500, body: { reason: 'InternalError' } });
  });

  test('wh-mutate-configmap', async () => {
    const home = await begin();
    await mutate([hook('add-1', [rule(['configmaps'])]), hook('add-2', [rule(['configmaps'])])]);
    expect((await post(home, 'm', { start: 'yes' })).body.data).toEqual({ start: 'yes', 'stage-1': 'yes', 'stage-2': 'yes' });
  });

  test('wh-mutate-skip-me', async () => {
    const home = await begin();
    await mutate([hook('add-1', [rule(['configmaps'])], { matchConditions: [{ name: 'skip', expression: "object.metadata.name != 'skip-me'" }] })]);
    expect((await post(home, 'skip-me', { start: '' })).body.data).toEqual({ start: '' });
    expect((await post(home, 'm', { start: '' })).body.data).toEqual({ start: '', 'stage-1': 'yes' });
  });

  test('wh-mutate-pod-defaults', async () => {
    const home = await begin();
    await account(home);
    await mutate([hook('add-init', [rule(['pods'])])]);
    const created = await made<Pod>(rig, `${home}/pods`, pod('p'));
    expect(created.spec.initContainers).toMatchObject([{ name: 'added', terminationMessagePolicy: 'File', terminationMessagePath: '/dev/termination-log', imagePullPolicy: 'Always' }]);
  });
});

interface Crystal extends KubeObject {
  data?: Record<string, string>;
  hostPort?: string;
  host?: string;
  port?: string;
}

const convert = ({ hostPort, host, port, ...rest }: Crystal, apiVersion: string): Crystal =>
  apiVersion.endsWith('/v2') ? { ...rest, apiVersion, host: hostPort?.split(':')[0] ?? '', port: hostPort?.split(':')[1] ?? '' } : { ...rest, apiVersion, hostPort: `${host ?? ''}:${port ?? ''}` };

const text = { type: 'string' };

/** A definition whose kinds are told apart by `name`; versions differ in their schema only when a webhook converts. */
function crystals(name: string, versions: readonly string[], more: object = {}, properties: Record<string, object> = {}): CustomResourceDefinition {
  const plain = { data: { type: 'object', additionalProperties: text } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${name}s.crystals.example.com` },
    spec: {
      group: 'crystals.example.com',
      scope: 'Namespaced',
      names: { plural: `${name}s`, kind: `${name.charAt(0).toUpperCase()}${name.slice(1)}` },
      versions: versions.map((version, index) => ({ name: version, served: true, storage: index === 0, schema: { openAPIV3Schema: { type: 'object', properties: properties[version] ?? plain } }, ...(properties[`${version} fields`] === undefined ? {} : { selectableFields: properties[`${version} fields`] }) })),
      ...more,
    },
  } as unknown as CustomResourceDefinition;
}

/** Defines and waits until it is served; gives the paths of its versions. */
async function define(definition: CustomResourceDefinition): Promise<(version: string) => string> {
  const { names, group: own, versions } = definition.spec;
  await made(rig, definitions, definition);
  const path = (version: string): string => `/apis/${own}/${version}/namespaces/${namespace}/${names.plural}`;
  for (const { name } of versions) await until(async () => (await rig.ask('GET', path(name))).code === 200);
  return path;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(5);
}

const custom = (definition: CustomResourceDefinition, version: string, name: string, more: object): object => ({ apiVersion: `${definition.spec.group}/${version}`, kind: definition.spec.names.kind, metadata: { name }, ...more });
const allOf = (definition: CustomResourceDefinition, operations: string[]): object => rule([definition.spec.names.plural], operations, [definition.spec.group], ['*']);

describe('custom resources', () => {
  test('wh-deny-cr', async () => {
    await begin();
    const definition = crystals('stone', ['v1']);
    const path = (await define(definition))('v1');
    await validate([hook('deny-bad', [allOf(definition, ['CREATE', 'UPDATE', 'DELETE'])])]);
    const refused = { code: 403, body: { message: 'admission webhook "deny-bad.hooks.example.com" denied the request: the object contains unwanted content' } };
    expect(await rig.ask('POST', path, custom(definition, 'v1', 'a', { data: { bad: '' } }))).toMatchObject(refused);
    const kept = await made<Crystal>(rig, path, custom(definition, 'v1', 'b', { data: { kept: '' } }));
    expect(await rig.ask('PUT', `${path}/b`, { ...kept, data: { bad: '' } })).toMatchObject(refused);
    expect(await rig.ask('PATCH', `${path}/b`, { data: { bad: '' } }, mergePatch)).toMatchObject(refused);
    expect(await rig.ask('DELETE', `${path}/b`)).toMatchObject(refused);
    expect((await rig.ask('PATCH', `${path}/b`, { data: { kept: null } }, mergePatch)).code).toBe(200);
    expect((await rig.ask('DELETE', `${path}/b`)).code).toBe(200);
  });

  test('wh-mutate-cr', async () => {
    await begin();
    const definition = crystals('gem', ['v1']);
    const path = (await define(definition))('v1');
    await mutate([hook('add-1', [allOf(definition, ['CREATE'])]), hook('add-2', [allOf(definition, ['CREATE'])])]);
    expect((await made<Crystal>(rig, path, custom(definition, 'v1', 'a', { data: { start: 'yes' } }))).data).toEqual({ start: 'yes', 'stage-1': 'yes', 'stage-2': 'yes' });
  });

  test('wh-mutate-cr-pruning', async () => {
    await begin();
    const definition = crystals('pearl', ['v1'], {}, { v1: { data: { type: 'object', properties: { start: text, 'stage-1': text } } } });
    const path = (await define(definition))('v1');
    await mutate([hook('add-1', [allOf(definition, ['CREATE'])]), hook('add-2', [allOf(definition, ['CREATE'])])]);
    expect((await made<Crystal>(rig, path, custom(definition, 'v1', 'a', { data: { start: 'yes' } }))).data).toEqual({ start: 'yes', 'stage-1': 'yes' });
  });

  test('wh-mutate-cr-storage-version', async () => {
    await begin();
    const definition = crystals('ruby', ['v1', 'v2']);
    const path = await define(definition);
    await mutate([hook('add-1', [allOf(definition, ['CREATE', 'UPDATE'])])]);
    await made(rig, path('v1'), custom(definition, 'v1', 'a', { data: { k: '' } }));
    await flip(definition);
    const { code, body } = await rig.ask<Crystal>('PATCH', `${path('v1')}/a`, { data: { start: 'yes' } }, mergePatch);
    expect([code, body.data]).toEqual([200, { k: '', start: 'yes', 'stage-1': 'yes' }]);
    expect((await rig.ask<Crystal>('GET', `${path('v2')}/a`)).body).toMatchObject({ apiVersion: 'crystals.example.com/v2', data: { 'stage-1': 'yes' } });
  });

  const converted = (name: string): CustomResourceDefinition =>
    crystals(
      name,
      ['v1', 'v2'],
      { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1', 'v1beta1'], clientConfig: rig.client('/convert') } } },
      { v1: { hostPort: text }, v2: { host: text, port: text }, 'v1 fields': [{ jsonPath: '.hostPort' }], 'v2 fields': [{ jsonPath: '.host' }] } as unknown as Record<string, object>,
    );

  test('crdconv-single', async () => {
    await begin();
    const definition = converted('opal');
    const path = await define(definition);
    await made(rig, path('v1'), custom(definition, 'v1', 'a', { hostPort: 'local:80' }));
    expect((await rig.ask<Crystal>('GET', `${path('v2')}/a`)).body).toMatchObject({ apiVersion: 'crystals.example.com/v2', metadata: { name: 'a' }, host: 'local', port: '80' });
  });

  test('crdconv-mixed-list', async () => {
    await begin();
    const definition = converted('agate');
    const path = await define(definition);
    await made(rig, path('v1'), custom(definition, 'v1', 'a', { hostPort: 'local:80' }));
    await flip(definition);
    await made(rig, path('v2'), custom(definition, 'v2', 'b', { host: 'far', port: '1' }));
    const list = async (version: string): Promise<Crystal[]> => (await rig.ask<{ items: Crystal[] }>('GET', path(version))).body.items;
    expect((await list('v2')).map(({ apiVersion, host, port }) => [apiVersion, host, port])).toEqual([['crystals.example.com/v2', 'local', '80'], ['crystals.example.com/v2', 'far', '1']]);
    expect((await list('v1')).map(({ apiVersion, hostPort }) => [apiVersion, hostPort])).toEqual([['crystals.example.com/v1', 'local:80'], ['crystals.example.com/v1', 'far:1']]);
  });

  test('crd-selectable-fields', async () => {
    await begin();
    const definition = converted('jade');
    const path = await define(definition);
    for (const [name, hostPort] of [['a', 'host1:80'], ['b', 'host1:8080'], ['c', 'host2:80']] as const) await made(rig, path('v1'), custom(definition, 'v1', name, { hostPort }));
    const names = async (version: string, selector: string): Promise<string[]> => (await rig.ask<{ items: Crystal[] }>('GET', `${path(version)}?fieldSelector=${encodeURIComponent(selector)}`)).body.items.map(({ metadata }) => metadata.name ?? '');
    expect(await names('v1', 'hostPort=host1:80')).toEqual(['a']);
    expect(await names('v2', 'host=host1')).toEqual(['a', 'b']);
    expect((await rig.ask('GET', `${path('v2')}?fieldSelector=port%3D80`)).code).toBe(400);
    const one = rig.watch(`${path('v1')}?watch=1&fieldSelector=${encodeURIComponent('hostPort=host1:80')}`);
    const two = rig.watch(`${path('v2')}?watch=1&fieldSelector=${encodeURIComponent('host=host1')}`);
    const next = async (events: typeof one): Promise<unknown> => {
      const { value } = (await events.next()) as { value: { type: string; object: KubeObject } };
      return [value.type, value.object.metadata.name];
    };
    expect([await next(one), await next(two), await next(two)]).toEqual([['ADDED', 'a'], ['ADDED', 'a'], ['ADDED', 'b']]);
    await rig.ask('PATCH', `${path('v1')}/a`, { hostPort: 'host2:80' }, mergePatch);
    expect([await next(one), await next(two)]).toEqual([['DELETED', 'a'], ['DELETED', 'a']]);
    await rig.ask('DELETE', `${path('v2')}/b`);
    expect(await next(two)).toEqual(['DELETED', 'b']);
    await Promise.all([one.return(undefined), two.return(undefined)]);
  });
});

/** From here on objects are stored in the other version. */
async function flip({ metadata }: CustomResourceDefinition): Promise<void> {
  const path = `${definitions}/${metadata.name ?? ''}`;
  const { body } = await rig.ask<CustomResourceDefinition>('GET', path);
  const versions = body.spec.versions.map((version) => ({ ...version, storage: !version.storage }));
  expect((await rig.ask('PATCH', path, { spec: { versions } }, mergePatch)).code).toBe(200);
  await until(async () => (await rig.ask<CustomResourceDefinition>('GET', path)).body.status.storedVersions?.includes('v2') === true);
}
