import { alreadyExists, type KubeObject } from '@rhythm/api';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testApi, textOf, type TestApi } from '../testing.ts';

let api: TestApi;
beforeEach(() => {
  api = testApi();
});
afterEach(() => api.stop());

type Any = KubeObject & { spec?: Record<string, unknown>; data?: Record<string, string>; status?: Record<string, unknown> };
const configMap = (name: string, data: Record<string, string> = { a: 'b' }, metadata: object = {}): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, ...metadata }, data });
const at = 'v1/ns/default/configmaps';
const deployment = (replicas = 1): object => ({
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  metadata: { name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } },
});

describe('create', () => {
  test('gives a uid, a time and a version, and takes nothing of what only the server says', async () => {
    const made = await api.call<Any>('create', at, configMap('a', {}, { uid: 'mine', deletionTimestamp: '2020-01-01T00:00:00Z', creationTimestamp: '2020-01-01T00:00:00Z' }));
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.creationTimestamp).toBe('2023-11-14T22:13:20Z');
    expect(made.metadata).not.toHaveProperty('deletionTimestamp');
    expect(Number(made.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(made.metadata.namespace).toBe('default');
    expect(await api.call('get', `${at}/a`)).toEqual(made);
  });

  test('keeps hostile keys as data', async () => {
    const body = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"h"},"data":{"__proto__":"p","constructor":"c","10":"t"}}';
    const made = await textOf(await api.respond('create', at, body));
    expect(Object.keys((JSON.parse(made) as Any).data ?? {}).sort()).toEqual(['10', '__proto__', 'constructor']);
    expect(({} as { p?: unknown }).p).toBeUndefined();
  });

  test.each([
    ['the same name again', configMap('a'), 'AlreadyExists', 409],
    ['a version', configMap('b', {}, { resourceVersion: '3' }), 'BadRequest', 400],
    ['another namespace', configMap('b', {}, { namespace: 'other' }), 'BadRequest', 400],
    ['another kind', { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'b' } }, 'BadRequest', 400],
    ['no name', { kind: 'ConfigMap', apiVersion: 'v1', metadata: {} }, 'Invalid', 422],
    ['no JSON', '{"kind":', 'BadRequest', 400],
  ])('refuses %s', async (_why, body, reason, code) => {
    await api.call('create', at, configMap('a'));
    await expect(api.call('create', at, body)).rejects.toMatchObject({ reason, code });
  });

  test('makes up names', async () => {
    const names = new Set<string>();
    for (let i = 0; i < 5; i++) names.add((await api.call<Any>('create', at, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { generateName: 'gen-' } })).metadata.name ?? '');
    expect(names.size).toBe(5);
    for (const name of names) expect(name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  test('says so when every name it makes up is taken', async () => {
    const taken = vi.spyOn(api.ports.objects, 'create').mockRejectedValue(alreadyExists({ group: '', resource: 'configmaps' }, 'gen-abcde'));
    const refused = api.call('create', at, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { generateName: 'gen-' } });
    await expect(refused).rejects.toMatchObject({ reason: 'AlreadyExists', code: 409, message: 'configmaps "gen-abcde" already exists, the server was not able to generate a unique name for the object', details: { retryAfterSeconds: 1 } });
    expect(taken.mock.calls.length).toBeGreaterThan(2);
    taken.mockRestore();
  });

  test('a dry run answers and stores nothing', async () => {
    const made = await api.call<Any>('create', at, configMap('dry'), { dryRun: ['All'] });
    expect(made.metadata.uid).toBeDefined();
    await expect(api.call('get', `${at}/dry`)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('unknown fields are refused, told or dropped', async () => {
    const body = { ...configMap('v'), nonsense: 1 };
    await expect(api.call('create', at, body, { fieldValidation: 'Strict' })).rejects.toMatchObject({ code: 400 });
    const warned = await api.respond('create', at, body, { fieldValidation: 'Warn' });
    expect(warned.warnings).toEqual(['unknown field "nonsense"']);
    const ignored = await api.respond('create', at, { ...configMap('w'), nonsense: 1 }, { fieldValidation: 'Ignore' });
    expect(ignored.warnings).toEqual([]);
    await expect(api.call('create', at, body, { fieldValidation: 'Perhaps' })).rejects.toMatchObject({ code: 422 });
  });
});

describe('update', () => {
  test('without a change writes nothing', async () => {
    const made = await api.call<Any>('create', at, configMap('a'));
    const same = await api.call<Any>('update', `${at}/a`, { data: { a: 'b' }, ...configMap('a') });
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  test('under an old version is a conflict; without a version it overwrites', async () => {
    const first = await api.call<Any>('create', at, configMap('a'));
    await api.call('update', `${at}/a`, { ...first, data: { a: 'c' } });
    await expect(api.call('update', `${at}/a`, { ...first, data: { a: 'd' } })).rejects.toMatchObject({ reason: 'Conflict', message: expect.stringContaining('the object has been modified') });
    const last = await api.call<Any>('update', `${at}/a`, configMap('a', { a: 'd' }));
    expect(last.data).toEqual({ a: 'd' });
    expect(last.metadata.uid).toBe(first.metadata.uid);
    await expect(api.call('update', `${at}/a`, configMap('a', {}, { uid: 'other' }))).rejects.toMatchObject({ reason: 'Conflict' });
  });

  test('many at once: every one of them counts', async () => {
    await api.call('create', at, configMap('n', {}));
    await Promise.all(Array.from({ length: 8 }, (_, i) => api.call('patch', `${at}/n`, { data: { [`k${i}`]: 'x' } }, { contentType: 'application/merge-patch+json' })));
    expect(Object.keys((await api.call<Any>('get', `${at}/n`)).data ?? {})).toHaveLength(8);
  });

  test('a lease may come into being by it, a config map not', async () => {
    const lease = { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: 'l' }, spec: { holderIdentity: 'me' } };
    const response = await api.respond('update', 'coordination.k8s.io/v1/ns/default/leases/l', lease);
    expect(response.code).toBe(201);
    await expect(api.call('update', `${at}/none`, configMap('none'))).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('status and the rest are written apart, and generation counts changes of the spec', async () => {
    const made = await api.call<Any>('create', 'apps/v1/ns/default/deployments', { ...deployment(), status: { replicas: 9 } });
    expect(made.status ?? {}).not.toHaveProperty('replicas');
    expect(made.metadata.generation).toBe(1);
    const status = await api.call<Any>('update', 'apps/v1/ns/default/deployments/web/status', { ...made, spec: { ...made.spec, replicas: 7 }, status: { replicas: 1 } });
    expect(status).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 }, metadata: { generation: 1 } });
    const spec = await api.call<Any>('update', 'apps/v1/ns/default/deployments/web', { ...status, spec: { ...status.spec, replicas: 3 }, status: { replicas: 5 } });
    expect(spec).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 1 }, metadata: { generation: 2 } });
  });
});

describe('patch', () => {
  test('merge, JSON and strategic patches', async () => {
    await api.call('create', 'apps/v1/ns/default/deployments', deployment());
    const path = 'apps/v1/ns/default/deployments/web';
    await api.call('patch', path, { metadata: { labels: { x: 'y' } } }, { contentType: 'application/merge-patch+json' });
    await api.call('patch', path, [{ op: 'replace', path: '/spec/replicas', value: 4 }], { contentType: 'application/json-patch+json' });
    const done = await api.call<Any>('patch', path, { spec: { template: { spec: { containers: [{ name: 'd', image: 'busybox' }] } } } }, { contentType: 'application/strategic-merge-patch+json' });
    expect(done).toMatchObject({ metadata: { labels: { x: 'y' } }, spec: { replicas: 4, template: { spec: { containers: [{ name: 'd' }, { name: 'c' }] } } } });
  });

  test('may not move or rename an object', async () => {
    await api.call('create', at, configMap('a'));
    await expect(api.call('patch', `${at}/a`, { metadata: { name: 'b' } }, { contentType: 'application/merge-patch+json' })).rejects.toMatchObject({ code: 400 });
    await expect(api.call('patch', `${at}/a`, { metadata: { namespace: 'b' } }, { contentType: 'application/merge-patch+json' })).rejects.toMatchObject({ code: 400 });
  });
});

describe('delete', () => {
  test('answers with a Status that names what went', async () => {
    const made = await api.call<Any>('create', at, configMap('a'));
    expect(await api.call('delete', `${at}/a`)).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps', uid: made.metadata.uid } });
    await expect(api.call('get', `${at}/a`)).rejects.toMatchObject({ reason: 'NotFound', message: 'configmaps "a" not found' });
  });

  test('waits for finalizers; taking the last away removes the object, adding one is forbidden', async () => {
    await api.call('create', at, configMap('f', {}, { finalizers: ['x/y'] }));
    const marked = await api.call<Any>('delete', `${at}/f`);
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    await expect(api.call('patch', `${at}/f`, { metadata: { finalizers: ['x/y', 'x/z'] } }, { contentType: 'application/merge-patch+json' })).rejects.toMatchObject({ reason: 'Invalid' });
    await api.call('patch', `${at}/f`, { metadata: { finalizers: null } }, { contentType: 'application/merge-patch+json' });
    await expect(api.call('get', `${at}/f`)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('holds to preconditions, in the body', async () => {
    await api.call('create', at, configMap('a'));
    await expect(api.call('delete', `${at}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'other' } })).rejects.toMatchObject({ reason: 'Conflict' });
    await expect(api.call('delete', `${at}/a`, { propagationPolicy: 'Sideways' })).rejects.toMatchObject({ reason: 'Invalid' });
    expect(await api.call('delete', `${at}/a`, { dryRun: ['All'] })).toMatchObject({ metadata: { name: 'a' } });
    expect(await api.call('get', `${at}/a`)).toMatchObject({ metadata: { name: 'a' } });
  });

  test('a collection goes by its selector', async () => {
    for (const name of ['a', 'b', 'c']) await api.call('create', at, configMap(name, {}, { labels: { keep: name === 'b' ? 'yes' : 'no' } }));
    await api.call('deletecollection', at, undefined, { labelSelector: 'keep=no' });
    const left = await api.call<{ items: Any[] }>('list', at);
    expect(left.items.map((item) => item.metadata.name)).toEqual(['b']);
  });
});

describe('paths and scopes', () => {
  test.each([
    ['list', 'v1/nothing', 404],
    ['list', 'nothing.example/v1/things', 404],
    ['get', 'v1/configmaps/a', 404],
    ['list', 'v1/ns/default/nodes', 404],
    ['deletecollection', 'v1/configmaps', 405],
    ['get', 'v1/ns/default/pods/p/nothing', 404],
    ['create', 'v1/ns/default/pods/p/status', 405],
  ])('%s %s answers %i', async (verb, path, code) => {
    await expect(api.call(verb, path, verb === 'create' ? {} : undefined)).rejects.toMatchObject({ code });
  });
});
