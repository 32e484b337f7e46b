import type { KubeObject } from '@rhythm/api';
import type { FlowSchema, PriorityLevelConfiguration } from '@rhythm/api/types/flowcontrol-v1';
import type { KeyPair } from '@rhythm/pki';
import { Agent } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ResourceRequest } from '../ports/types.ts';
import type { Apiserver } from '../start.ts';
import { ask, startTestServer, testCluster, testUser, type TestReply } from '../test-server.ts';

let api: Apiserver;
let ca: string;
let admin: KeyPair;
let ann: KeyPair;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  const cluster = await testCluster();
  ca = cluster.authority.certPem;
  admin = await testUser(cluster.authority, 'kubernetes-admin', 'system:masters');
  ann = await testUser(cluster.authority, 'ann');
  api = await startTestServer(cluster);
});
afterAll(async () => {
  agent.destroy();
  await api.stop();
});

const send = (method: string, path: string, body?: unknown, as = admin, type = 'application/json'): Promise<TestReply> =>
  ask(api.port, method, path, { ca, as, agent, headers: { 'content-type': type }, body: body === undefined ? undefined : JSON.stringify(body) });

const base = '/apis/flowcontrol.apiserver.k8s.io/v1';
async function get<T = FlowSchema>(path: string): Promise<T> {
  return JSON.parse((await send('GET', `${base}/${path}`)).text) as T;
}

function watchOf(group: string, resource: string, options: ResourceRequest['options'], signal: AbortSignal): ResourceRequest {
  return { caller: { certificate: { commonName: 'a', organizations: ['system:masters'] }, header: () => undefined, headersWith: () => [] }, verb: 'watch', group, version: 'v1', resource, namespace: '', name: '', subresource: '', options, body: new Uint8Array(), contentType: '', accept: 'application/json', userAgent: '', signal };
}

/** Watches the object until it is as wanted. */
async function until<T extends KubeObject>(resource: string, name: string, isSo: (object: T) => boolean): Promise<T> {
  const gone = new AbortController();
  const watch = await api.pipeline.watch(watchOf('flowcontrol.apiserver.k8s.io', resource, { fieldSelector: `metadata.name=${name}` }, gone.signal));
  try {
    for await (const batch of watch) {
      for (const { type, object } of batch) {
        const seen = JSON.parse(Buffer.from(object).toString()) as T;
        if (type !== 'DELETED' && isSo(seen)) return seen;
      }
    }
    throw new Error('the watch ended');
  } finally {
    gone.abort();
  }
}

const dangling = ({ status }: FlowSchema) => status.conditions?.find(({ type }) => type === 'Dangling');

test('every cluster has its flow schemas and levels, each told that its level exists', async () => {
  const schemas = (await get<{ items: FlowSchema[] }>('flowschemas')).items;
  expect(schemas.map(({ metadata }) => metadata.name)).toEqual(['catch-all', 'exempt', 'global-default', 'kube-controller-manager', 'kube-scheduler', 'kube-system-service-accounts', 'probes', 'service-accounts', 'system-leader-election', 'system-node-high', 'system-nodes']);
  expect((await get<{ items: KubeObject[] }>('prioritylevelconfigurations')).items).toHaveLength(8);
  for (const { metadata } of schemas) await until<FlowSchema>('flowschemas', metadata.name ?? '', (schema) => dangling(schema)?.status === 'False');
  expect(dangling(await get('flowschemas/service-accounts'))).toMatchObject({ reason: 'Found', message: 'This FlowSchema references the PriorityLevelConfiguration object named "workload-low" and it exists', lastTransitionTime: expect.stringMatching(/Z$/) });
  // Nothing is written over and over.
  expect(schemas.every(({ metadata }) => metadata.generation === 1)).toBe(true);
});

test('what must be there comes back, what is only suggested may be changed by who says so', async () => {
  const before = await get('flowschemas/exempt');
  expect((await send('DELETE', `${base}/flowschemas/exempt`)).status).toBe(200);
  const after = await until<FlowSchema>('flowschemas', 'exempt', ({ metadata }) => metadata.uid !== before.metadata.uid);
  expect(after.spec).toEqual(before.spec);
  // The spec of a mandatory one is fixed.
  expect(await send('PATCH', `${base}/prioritylevelconfigurations/catch-all`, { spec: { limited: { nominalConcurrencyShares: 50 } } }, admin, 'application/merge-patch+json')).toMatchObject({ status: 422, text: expect.stringContaining("spec of 'catch-all' must equal the fixed value") });
  const level = 'prioritylevelconfigurations/workload-low';
  const patch = (value: unknown): Promise<TestReply> => send('PATCH', `${base}/${level}`, value, admin, 'application/merge-patch+json');
  await patch({ spec: { limited: { nominalConcurrencyShares: 7 } } });
  await until<PriorityLevelConfiguration>('prioritylevelconfigurations', 'workload-low', ({ spec, metadata }) => spec.limited?.nominalConcurrencyShares === 100 && metadata.generation === 3);
  await patch({ metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } }, spec: { limited: { nominalConcurrencyShares: 7 } } });
  await send('DELETE', `${base}/flowschemas/probes`);
  await until<FlowSchema>('flowschemas', 'probes', (schema) => dangling(schema)?.status === 'False');
  expect((await get<PriorityLevelConfiguration>(level)).spec.limited?.nominalConcurrencyShares).toBe(7);
});

test('a schema without its level is told so, takes effect with it, and what it lets in or refuses says why', async () => {
  const schema = { kind: 'FlowSchema', apiVersion: 'flowcontrol.apiserver.k8s.io/v1', metadata: { name: 'anns' }, spec: { priorityLevelConfiguration: { name: 'shut' }, matchingPrecedence: 50, rules: [{ subjects: [{ kind: 'User', user: { name: 'ann' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } };
  expect((await send('POST', `${base}/flowschemas`, schema)).status).toBe(201);
  const told = await until<FlowSchema>('flowschemas', 'anns', (object) => dangling(object)?.status === 'True');
  expect(dangling(told)).toMatchObject({ reason: 'NotFound', message: 'This FlowSchema references the PriorityLevelConfiguration object named "shut" but there is no such object' });
  const free = await send('GET', '/version', undefined, ann);
  expect(free.headers['x-kubernetes-pf-flowschema-uid']).toBe((await get('flowschemas/global-default')).metadata.uid);
  const level = { kind: 'PriorityLevelConfiguration', apiVersion: 'flowcontrol.apiserver.k8s.io/v1', metadata: { name: 'shut' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } } };
  expect((await send('POST', `${base}/prioritylevelconfigurations`, level)).status).toBe(201);
  const found = await until<FlowSchema>('flowschemas', 'anns', (object) => dangling(object)?.status === 'False');
  expect(found.metadata.generation).toBe(1);
  const held = await send('GET', '/version', undefined, ann);
  expect([held.status, held.headers['x-kubernetes-pf-flowschema-uid'], held.headers['x-kubernetes-pf-prioritylevel-uid']]).toEqual([200, found.metadata.uid, (await get('prioritylevelconfigurations/shut')).metadata.uid]);
  const pages = await Promise.all(['dump_priority_levels', 'dump_queues', 'dump_requests?includeRequestDetails=1'].map((page) => send('GET', `/debug/api_priority_and_fairness/${page}`)));
  expect(pages[0]?.text).toMatch(/^PriorityLevelName, +ActiveQueues, +IsIdle,[\s\S]*\nshut, +0, +true, +false, +0, +0, +1, +0, +0, +0,\n/);
  expect(pages[1]?.text).toMatch(/^PriorityLevelName, Index, PendingRequests,/);
  expect(pages[2]?.text).toMatch(/^PriorityLevelName, FlowSchemaName,.*UserName/);
  expect((await send('GET', '/debug/api_priority_and_fairness/dump_queues', undefined, ann)).status).toBe(403);
  const metrics = (await send('GET', '/metrics')).text;
  expect(metrics).toContain('apiserver_flowcontrol_dispatched_requests_total{priority_level="shut",flow_schema="anns"} 2');
  expect(metrics).toMatch(/apiserver_flowcontrol_nominal_limit_seats\{priority_level="workload-low"\} \d+/);
});

test('whoever has to come again is told so with 429, when, and by whom; a watch takes its place until it has read what there was', async () => {
  const { metadata } = await get<PriorityLevelConfiguration>('prioritylevelconfigurations/shut');
  await send('PATCH', `${base}/prioritylevelconfigurations/shut`, { spec: { limited: { nominalConcurrencyShares: 0, borrowingLimitPercent: 0 } } }, admin, 'application/merge-patch+json');
  const everything = [{ subjects: [{ kind: 'User', user: { name: 'ann' } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }];
  await send('PATCH', `${base}/flowschemas/anns`, { spec: { rules: everything } }, admin, 'application/merge-patch+json');
  await send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { kind: 'ClusterRoleBinding', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'ann' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }] });
  // A level without seats still lets in one at a time.
  expect((await send('GET', '/version', undefined, ann)).status).toBe(200);
  const gone = new AbortController();
  const watch = await api.pipeline.watch({ ...watchOf('', 'namespaces', {}, gone.signal), caller: { certificate: { commonName: 'ann', organizations: [] }, header: () => undefined, headersWith: () => [] } });
  const refused = await send('GET', '/version', undefined, ann);
  expect([refused.status, refused.headers['retry-after'], refused.headers['x-kubernetes-pf-prioritylevel-uid']]).toEqual([429, '1', metadata.uid]);
  expect(JSON.parse(refused.text)).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', message: 'Too many requests, please try again later.' });
  expect((await send('GET', '/version')).status).toBe(200);
  const events = watch[Symbol.asyncIterator]();
  await events.next();
  const next = events.next();
  expect((await send('GET', '/version', undefined, ann)).status).toBe(200);
  gone.abort();
  await next;
});
