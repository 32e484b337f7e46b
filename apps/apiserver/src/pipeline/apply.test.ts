import type { KubeObject } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import type { Deployment } from '@rhythm/api/types/apps-v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testApi, type TestApi } from '../testing.ts';
import type { RequestOptions } from '../ports/types.ts';

const yaml = { contentType: 'application/apply-patch+yaml' };
const maps = 'v1/ns/default/configmaps';
const deployments = 'apps/v1/ns/default/deployments';
let api: TestApi;

beforeEach(() => {
  api = testApi();
});
afterEach(() => api.stop());

function apply<T extends KubeObject>(path: string, object: unknown, fieldManager: string, options: RequestOptions = {}): Promise<T> {
  return api.call<T>('patch', path, object, { ...yaml, fieldManager, ...options });
}

function configMap(data: Record<string, string>, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata }, data };
}

function deployment(spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'one', ports: [{ containerPort: 80 }] }] } }, ...spec },
  };
}

function owners(object: KubeObject): string[] {
  return (object.metadata.managedFields ?? []).map((entry) => `${entry.manager ?? ''} ${entry.operation ?? ''}${entry.subresource === undefined ? '' : ` ${entry.subresource}`}`);
}

describe('apply', () => {
  test('creates what is not there, and a second time writes nothing', async () => {
    const response = await api.respond('patch', `${maps}/a`, configMap({ x: '1' }), { ...yaml, fieldManager: 'me' });
    expect(response.code).toBe(201);
    const made = await api.call<ConfigMap>('get', `${maps}/a`);
    expect(made.metadata.managedFields).toEqual([{ manager: 'me', operation: 'Apply', apiVersion: 'v1', time: expect.any(String), fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {} } } }]);
    await api.clock.advance(5000);
    const again = await apply<ConfigMap>(`${maps}/a`, configMap({ x: '1' }), 'me');
    expect(again.metadata).toEqual(made.metadata);
  });

  test.each(['apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n', '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "1"}}'])('takes YAML', async (body) => {
    const response = await api.pipeline.handle({ caller: { header: () => undefined, headersWith: () => [] }, verb: 'patch', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'a', subresource: '', options: { fieldManager: 'me' }, body: new TextEncoder().encode(body), contentType: yaml.contentType, accept: 'application/json', userAgent: 'x', signal: new AbortController().signal });
    expect(response.code).toBe(201);
  });

  test('takes away what is not applied any more, and nothing else', async () => {
    await apply(`${maps}/a`, configMap({ x: '1', y: '2' }), 'me');
    await api.call('patch', `${maps}/a`, { data: { z: '3' } }, { contentType: 'application/merge-patch+json', fieldManager: 'other' });
    const now = await apply<ConfigMap>(`${maps}/a`, configMap({ y: '2' }), 'me');
    expect(now.data).toEqual({ y: '2', z: '3' });
    expect(owners(now)).toEqual(['me Apply', 'other Update']);
  });

  test('says who owns what it may not change; force takes it over', async () => {
    await api.call('create', deployments, { ...deployment(), spec: { ...(deployment() as Deployment).spec, replicas: 2 } }, { fieldManager: 'kubectl-create' });
    const wanted = deployment({ replicas: 5 });
    await expect(apply(`${deployments}/web`, wanted, 'me')).rejects.toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl-create" using apps/v1', field: '.spec.replicas' }] },
    });
    const forced = await apply<Deployment>(`${deployments}/web`, wanted, 'me', { force: true });
    expect(forced.spec.replicas).toBe(5);
    expect(forced.metadata.generation).toBe(2);
    await expect(apply(`${deployments}/web`, deployment({ replicas: 6 }), 'you')).rejects.toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "me": .spec.replicas' });
  });

  test('several conflicts are listed by owner', async () => {
    await apply(`${maps}/a`, configMap({ x: '1', y: '1' }), 'one');
    await apply(`${maps}/a`, configMap({ z: '1' }), 'two');
    await expect(apply(`${maps}/a`, configMap({ x: '2', y: '2', z: '2' }), 'three')).rejects.toMatchObject({ message: 'Apply failed with 3 conflicts: conflicts with "one":\n- .data.x\n- .data.y\nconflicts with "two":\n- .data.z' });
  });

  test('the scale subresource shares in the ownership of replicas', async () => {
    await apply(`${deployments}/web`, deployment({ replicas: 2 }), 'me');
    await api.call('patch', `${deployments}/web/scale`, { spec: { replicas: 4 } }, { contentType: 'application/merge-patch+json', fieldManager: 'kubectl' });
    const scaled = await api.call<Deployment>('get', `${deployments}/web`);
    expect(owners(scaled)).toEqual(['me Apply', 'kubectl Update scale']);
    await expect(apply(`${deployments}/web`, deployment({ replicas: 2 }), 'me')).rejects.toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' });
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 7 } };
    await apply(`${deployments}/web/scale`, scale, 'me', { force: true });
    const last = await api.call<Deployment>('get', `${deployments}/web`);
    expect(last.spec.replicas).toBe(7);
    expect(owners(last)).toEqual(['me Apply', 'me Apply scale']);
  });

  test('status is its own subresource', async () => {
    await apply(`${deployments}/web`, deployment(), 'me');
    await apply(`${deployments}/web/status`, { ...deployment(), status: { replicas: 3 } }, 'controller');
    const now = await api.call<Deployment>('get', `${deployments}/web`);
    expect(now.status?.replicas).toBe(3);
    expect(owners(now)).toEqual(['controller Apply status', 'me Apply']);
    expect(now.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:status': { 'f:replicas': {} } });
    const main = await apply<Deployment>(`${deployments}/web`, { ...deployment(), status: { replicas: 9 } }, 'me');
    expect(main.status?.replicas).toBe(3);
    await expect(apply('apps/v1/ns/default/deployments/none/status', deployment(), 'me')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('a dry run shows the outcome and stores nothing', async () => {
    const made = await apply<ConfigMap>(`${maps}/a`, configMap({ x: '1' }), 'me', { dryRun: ['All'] });
    expect(made.data).toEqual({ x: '1' });
    await expect(api.call('get', `${maps}/a`)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test.each([
    ['without a manager', configMap({}), { fieldManager: '' }, 422, 'fieldManager: Required value: is required for apply patch'],
    ['with too long a manager', configMap({}), { fieldManager: 'x'.repeat(129) }, 422, 'Too long: may not be more than 128 bytes'],
    ['with managedFields', configMap({}, { managedFields: [] }), {}, 400, 'metadata.managedFields must be nil'],
    ['in another version', { ...configMap({}), apiVersion: 'v2' }, {}, 400, 'Incorrect version specified in apply patch. Specified patch version: v2, expected: v1'],
    ['of an unknown field', { ...configMap({}), extra: 1 }, {}, 400, 'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .extra: field not declared in schema'],
    ['of a wrong type', configMap({ x: 1 as unknown as string }), {}, 400, '.data.x: expected string, got 1'],
    ['of another name', configMap({}, { name: 'b' }), {}, 400, 'does not match the name on the URL'],
    ['of another uid', configMap({}, { uid: '123' }), {}, 409, 'uid mismatch: the provided object specified uid 123, and no existing object was found'],
    ['of a list', [], {}, 400, 'Incorrect version'],
  ])('is refused %s', async (_how, body, options, code, message) => {
    await expect(apply(`${maps}/a`, body, 'me', options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(api.call('get', `${maps}/a`)).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('is refused under a resourceVersion that is not the present one', async () => {
    const made = await apply<ConfigMap>(`${maps}/a`, configMap({ x: '1' }), 'me');
    await apply(`${maps}/a`, configMap({ x: '2' }, { resourceVersion: made.metadata.resourceVersion }), 'me');
    await expect(apply(`${maps}/a`, configMap({ x: '3' }, { resourceVersion: made.metadata.resourceVersion }), 'me')).rejects.toMatchObject({ code: 409, message: expect.stringContaining('the object has been modified') });
  });

  test('force is for applies only', async () => {
    await apply(`${maps}/a`, configMap({ x: '1' }), 'me');
    await expect(api.call('patch', `${maps}/a`, {}, { contentType: 'application/merge-patch+json', force: true })).rejects.toMatchObject({ code: 422, message: expect.stringContaining('force: Forbidden: may not be specified for non-apply patch') });
  });

  test('keys with the names of prototypes are keys', async () => {
    const data = JSON.parse('{"__proto__":"1","constructor":"2","10":"3"}') as Record<string, string>;
    const made = await apply<ConfigMap>(`${maps}/a`, configMap(data), 'me');
    expect(JSON.stringify(made.metadata.managedFields?.[0]?.fieldsV1)).toBe('{"f:data":{"f:10":{},"f:__proto__":{},"f:constructor":{}}}');
    const less = await apply<ConfigMap>(`${maps}/a`, configMap({ '10': '3' }), 'me');
    expect(Object.keys(less.data ?? {})).toEqual(['10']);
  });
});

describe('ownership of other writes', () => {
  test('create, update and patch are kept by manager; a user agent stands for one', async () => {
    await api.call('create', maps, configMap({ x: '1', y: '1' }), { fieldManager: 'one' });
    await api.call('update', `${maps}/a`, configMap({ x: '1', y: '2' }));
    const now = await api.call<ConfigMap>('get', `${maps}/a`);
    expect(now.metadata.managedFields?.map(({ manager, fieldsV1 }) => ({ manager, fieldsV1 }))).toEqual([
      { manager: 'one', fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } } },
      { manager: 'test', fieldsV1: { 'f:data': { 'f:y': {} } } },
    ]);
  });

  test('a pod is owned as Kubernetes would say it', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { run: 'p' } }, spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: 'b' }], ports: [{ containerPort: 80 }] }] } };
    const made = await api.call<KubeObject>('create', 'v1/ns/default/pods', pod, { fieldManager: 'kubectl-run' });
    expect(made.metadata.managedFields?.[0]?.fieldsV1).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:run': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"c"}': {
            '.': {},
            'f:env': { '.': {}, 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
            'f:image': {},
            'f:imagePullPolicy': {},
            'f:name': {},
            'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} } },
            'f:resources': {},
            'f:terminationMessagePath': {},
            'f:terminationMessagePolicy': {},
          },
        },
        'f:dnsPolicy': {},
        'f:enableServiceLinks': {},
        'f:restartPolicy': {},
        'f:schedulerName': {},
        'f:securityContext': {},
        'f:terminationGracePeriodSeconds': {},
      },
    });
  });

  test('a client may change one of the sets in place', async () => {
    await api.call('create', maps, configMap({ x: '1', y: '2' }), { fieldManager: 'one' });
    const path = '/metadata/managedFields/0/fieldsV1/f:data';
    const added = await api.call<ConfigMap>('patch', `${maps}/a`, [{ op: 'add', path: `${path}/f:z`, value: {} }, { op: 'remove', path: `${path}/f:x` }], { contentType: 'application/json-patch+json', fieldManager: 'two' });
    expect(added.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([['one', { 'f:data': { '.': {}, 'f:y': {}, 'f:z': {} } }]]);
    const moved = await api.call<ConfigMap>('patch', `${maps}/a`, [{ op: 'move', from: `${path}/f:z`, path: `${path}/f:w` }], { contentType: 'application/json-patch+json', fieldManager: 'two' });
    expect(moved.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:data': { '.': {}, 'f:y': {}, 'f:w': {} } });
    // What others own alike is untouched.
    const other = await api.call<ConfigMap>('create', maps, { ...configMap({ x: '1', y: '2' }), metadata: { name: 'b' } }, { fieldManager: 'one' });
    expect(other.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:data': { '.': {}, 'f:x': {}, 'f:y': {} } });
  });

  test('a client may hand ownership on by writing managedFields, or drop all of it', async () => {
    await api.call('create', maps, configMap({ x: '1' }), { fieldManager: 'kubectl-client-side-apply' });
    const made = await api.call<ConfigMap>('get', `${maps}/a`);
    const moved = (made.metadata.managedFields ?? []).map((entry) => ({ ...entry, manager: 'kubectl', operation: 'Apply' }));
    const now = await api.call<ConfigMap>('patch', `${maps}/a`, [{ op: 'replace', path: '/metadata/managedFields', value: moved }], { contentType: 'application/json-patch+json', fieldManager: 'kubectl' });
    expect(owners(now)).toEqual(['kubectl Apply']);
    const bad = await api.call<ConfigMap>('patch', `${maps}/a`, [{ op: 'replace', path: '/metadata/managedFields', value: [{ operation: 'Apply', fieldsV1: { __proto__x: {} } }] }], { contentType: 'application/json-patch+json' });
    expect(owners(bad)).toEqual(['kubectl Apply']);
    const none = await api.call<ConfigMap>('patch', `${maps}/a`, [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }], { contentType: 'application/json-patch+json' });
    expect(none.metadata.managedFields).toBeUndefined();
    const later = await apply<ConfigMap>(`${maps}/a`, configMap({ x: '1', y: '2' }), 'me');
    expect(owners(later)).toEqual(['me Apply', 'before-first-apply Update']);
  });

  test("kubectl's server-side apply takes over from its client-side one", async () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const last = JSON.stringify(configMap({ x: '1', y: '1' }));
    await api.call('create', maps, configMap({ x: '1', y: '1' }, { annotations: { [annotation]: last } }), { fieldManager: 'kubectl-client-side-apply' });
    await expect(apply(`${maps}/a`, configMap({ x: '2', y: '1' }), 'somebody')).rejects.toMatchObject({ code: 409 });
    const now = await apply<ConfigMap>(`${maps}/a`, configMap({ x: '2', y: '1' }), 'kubectl');
    expect(now.data).toEqual({ x: '2', y: '1' });
    expect(JSON.parse(now.metadata.annotations?.[annotation] ?? '{}')).toMatchObject({ data: { x: '2', y: '1' } });
  });

  test('duplicate fields are told, or refused', async () => {
    const request = (fieldValidation: string): Promise<unknown> => api.pipeline.handle({ caller: { header: () => undefined, headersWith: () => [] }, verb: 'patch', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'a', subresource: '', options: { fieldManager: 'me', fieldValidation }, body: new TextEncoder().encode('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}'), contentType: yaml.contentType, accept: 'application/json', userAgent: 'x', signal: new AbortController().signal });
    await expect(request('Strict')).rejects.toMatchObject({ code: 400, message: 'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key "x" already set in map' });
    await expect(request('Warn')).resolves.toMatchObject({ code: 201, warnings: ['duplicate field "data.x"'] });
  });

  test('no more than ten updaters are told apart', async () => {
    await api.call('create', maps, configMap({ k: 'x' }), { fieldManager: 'm' });
    for (let i = 0; i < 14; i++) {
      await api.clock.advance(1000);
      await api.call('patch', `${maps}/a`, { data: { [`k${i}`]: 'x' } }, { contentType: 'application/merge-patch+json', fieldManager: `m${i}` });
    }
    const now = await api.call<ConfigMap>('get', `${maps}/a`);
    expect(now.metadata.managedFields).toHaveLength(10);
    expect(now.metadata.managedFields?.[0]).toMatchObject({ manager: 'ancient-changes', fieldsV1: { 'f:data': { 'f:k': {}, 'f:k0': {}, 'f:k4': {} } } });
  });
});

describe('versions of a kind', () => {
  const v1 = 'autoscaling/v1/ns/default/horizontalpodautoscalers';
  const v2 = 'autoscaling/v2/ns/default/horizontalpodautoscalers';
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

  test('ownership in one is seen in the other', async () => {
    await apply(`${v1}/h`, { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec: { scaleTargetRef: target, minReplicas: 2, maxReplicas: 3, targetCPUUtilizationPercentage: 50 } }, 'one');
    const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }];
    const wanted = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec: { scaleTargetRef: target, maxReplicas: 5, metrics } };
    await expect(apply(`${v2}/h`, wanted, 'two')).rejects.toMatchObject({ details: { causes: [{ field: '.spec.maxReplicas' }, { field: '.spec.targetCPUUtilizationPercentage' }] } });
    const now = await apply<KubeObject & { spec: object }>(`${v2}/h`, wanted, 'two', { force: true });
    expect(now.spec).toMatchObject({ minReplicas: 2, maxReplicas: 5, metrics });
    expect(now.metadata.managedFields?.map(({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, fieldsV1])).toEqual([
      ['one', 'autoscaling/v1', { 'f:spec': { 'f:minReplicas': {}, 'f:scaleTargetRef': {} } }],
      ['two', 'autoscaling/v2', { 'f:spec': { 'f:maxReplicas': {}, 'f:metrics': {}, 'f:scaleTargetRef': { 'f:apiVersion': {}, 'f:kind': {}, 'f:name': {} } } }],
    ]);
  });

  test('a manager that moves to another version lets go of what it no longer names', async () => {
    await apply(`${v1}/h`, { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h', labels: { a: 'b' } }, spec: { scaleTargetRef: target, minReplicas: 2, maxReplicas: 3 } }, 'one');
    const now = await apply<KubeObject & { spec: object }>(`${v2}/h`, { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec: { scaleTargetRef: target, maxReplicas: 3 } }, 'one');
    expect(now.spec).toMatchObject({ minReplicas: 1, maxReplicas: 3 });
    expect(now.metadata.labels).toBeUndefined();
    expect(owners(now)).toEqual(['one Apply']);
  });
});
