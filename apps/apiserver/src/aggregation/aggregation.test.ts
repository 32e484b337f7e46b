import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import { resources, type KubeObject } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { systemClock } from '@rhythm/base';
import { apiClient, inProcessTransport, type ApiClient } from '@rhythm/client';
import type { KeyPair } from '@rhythm/pki';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frontProxyHeadersByDefault } from '../auth/index.ts';
import type { Apiserver } from '../start.ts';
import { insider, startTestServer, testAuthority, testCluster, testUser } from '../test-server.ts';
import { sampleGroup, startSampleServer, type SampleServer, type SampleUser } from './sample/index.ts';

// A whole server and a sample aggregated one, which is found by a Service and believes what the first one says.

const namespace = 'wardle';
const apiService = `v1alpha1.${sampleGroup}`;
const flunders = `/apis/${sampleGroup}/v1alpha1/namespaces/default/flunders`;
const registrations = '/apis/apiregistration.k8s.io/v1/apiservices';
let server: Apiserver;
let sample: SampleServer;
let agents: Record<'admin' | 'ann', Agent>;
let grpc: ApiClient;

interface Reply<T = KubeObject> {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: T;
}

beforeAll(async () => {
  const proxies = await testAuthority('front-proxy-ca');
  const proxyClient = await testUser(proxies, 'front-proxy-client');
  const cluster = await testCluster({
    frontProxy: { ca: proxies.certPem, allowedNames: ['front-proxy-client'], ...frontProxyHeadersByDefault },
    proxyClient: { cert: proxyClient.certPem, key: proxyClient.keyPem },
  });
  const clients = cluster.authority;
  const agentOf = ({ certPem, keyPem }: KeyPair): Agent => new Agent({ keepAlive: true, ca: clients.certPem, cert: certPem, key: keyPem });
  agents = {
    admin: agentOf(await testUser(clients, 'admin', 'system:masters')),
    ann: agentOf(await testUser(clients, 'ann')),
  };
  server = await startTestServer(cluster);
  grpc = apiClient(inProcessTransport(server.pipeline, insider));
  const authentication = (await ask<ConfigMap>('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')).body.data ?? {};
  sample = await startSampleServer({
    host: ownAddress(),
    serviceName: 'sample-api',
    serviceNamespace: namespace,
    requestHeaderCa: authentication['requestheader-client-ca-file'] ?? '',
    allowedNames: JSON.parse(authentication['requestheader-allowed-names'] ?? '[]') as string[],
    allows: async ({ name, groups }: SampleUser, path, verb) => {
      const spec = { user: name, groups, resourceAttributes: { group: path.group, version: path.version, resource: path.resource, namespace: path.namespace, name: path.name, verb } };
      return (await ask<{ status: { allowed: boolean } }>('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).body.status.allowed;
    },
  });
  await ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
});
afterAll(async () => {
  for (const agent of Object.values(agents)) agent.destroy();
  await sample.stop();
  await server.stop();
});

/** An address of this machine that is not loopback: services there are not called. */
function ownAddress(): string {
  const found = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal && !one.address.startsWith('169.254.'));
  if (found === undefined) throw new Error('this machine has no address but loopback');
  return found.address;
}

function open(method: string, path: string, body: object | undefined, headers: Record<string, string>, who: 'admin' | 'ann'): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const all = { accept: 'application/json', ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }), ...headers };
    const request = httpsRequest({ host: '127.0.0.1', port: server.port, agent: agents[who], method, path, headers: all }, resolve);
    request.on('error', reject);
    request.end(text);
  });
}

async function ask<T = KubeObject>(method: string, path: string, body?: object, headers: Record<string, string> = {}, who: 'admin' | 'ann' = 'admin'): Promise<Reply<T>> {
  const message = await open(method, path, body, headers, who);
  let text = '';
  for await (const piece of message) text += String(piece);
  return { code: message.statusCode ?? 0, headers: message.headers, text, body: (text.startsWith('{') ? JSON.parse(text) : undefined) as T };
}

/** Reads until it is as wanted, as long as the test may last. */
async function eventually<T>(look: () => Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await look();
    if (isSo(found)) return found;
    await systemClock.sleep(10);
  }
}

const conditionOf = (object: APIService | undefined): string => {
  const found = object?.status?.conditions?.find(({ type }) => type === 'Available');
  return `${found?.status ?? ''} ${found?.reason ?? ''}`;
};
const available = (condition: string): Promise<Reply<APIService>> => eventually(() => ask<APIService>('GET', `${registrations}/${apiService}`), ({ body }) => conditionOf(body) === condition);

async function register(): Promise<void> {
  const spec = { service: { namespace, name: 'sample-api', port: 7443 }, group: sampleGroup, version: 'v1alpha1', caBundle: sample.caBundle, groupPriorityMinimum: 2_000, versionPriority: 200 };
  expect((await ask('POST', registrations, { metadata: { name: apiService }, spec })).code).toBe(201);
}

describe('what this server serves itself', () => {
  test('each group version has an APIService that is available', async () => {
    const { body } = await ask<{ items: APIService[] }>('GET', registrations);
    const byName = new Map(body.items.map((item) => [item.metadata.name, item]));
    expect(byName.get('v1.')).toMatchObject({ spec: { version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 }, metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } } });
    expect(byName.get('v1.apps')?.spec.groupPriorityMinimum).toBe(17_800);
    expect(byName.has('v1.apiregistration.k8s.io')).toBe(false);
    expect(new Set(body.items.map(conditionOf))).toEqual(new Set(['True Local']));
    expect(byName.get('v1.apps')?.status.conditions?.[0]?.lastTransitionTime).toBe(byName.get('v1.apps')?.metadata.creationTimestamp);
  });

  test('custom resources get and lose theirs', async () => {
    const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' };
    const versions = [{ name: 'v2', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
    await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'things.acme.example.com' }, spec: { group: 'acme.example.com', scope: 'Namespaced', names, versions } });
    const found = await eventually(() => ask<APIService>('GET', `${registrations}/v2.acme.example.com`), ({ code }) => code === 200);
    expect(found.body).toMatchObject({ spec: { groupPriorityMinimum: 1_000, versionPriority: 100 }, metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } } });
    // One that goes missing comes back.
    await ask('DELETE', `${registrations}/v2.acme.example.com`);
    const again = await eventually(() => ask<APIService>('GET', `${registrations}/v2.acme.example.com`), ({ code }) => code === 200);
    expect(again.body.metadata.uid).not.toBe(found.body.metadata.uid);
    await ask('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.acme.example.com');
    await eventually(() => ask('GET', `${registrations}/v2.acme.example.com`), ({ code }) => code === 404);
  });

  test('what aggregated servers authenticate by comes back when somebody changes it', async () => {
    const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
    const { body } = await ask<ConfigMap>('GET', path);
    expect(Object.keys(body.data ?? {}).toSorted()).toEqual(['client-ca-file', 'requestheader-allowed-names', 'requestheader-client-ca-file', 'requestheader-extra-headers-prefix', 'requestheader-group-headers', 'requestheader-uid-headers', 'requestheader-username-headers']);
    await ask('DELETE', path);
    const again = await eventually(() => ask<ConfigMap>('GET', path), ({ code }) => code === 200);
    expect(again.body.data).toEqual(body.data);
  });
});

test.each([
  ['a name that is not its version and group', { spec: {} }, 'must be `spec.version'],
  ['no priority', { spec: { groupPriorityMinimum: 0 } }, 'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000'],
  ['both a bundle and no verification', { spec: { insecureSkipTLSVerify: true, caBundle: 'YQ==' } }, 'may not be true if caBundle is present'],
  ['a service without a name', { spec: { service: { namespace: 'x' } } }, 'spec.service.name: Required value'],
  ['a bundle for a local one', { spec: { service: undefined, caBundle: 'YWJj' } }, 'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle'],
])('%s is refused', async (what, { spec }, message) => {
  const whole = { service: { namespace: 'x', name: 'y' }, group: 'bad.example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1, ...spec };
  const name = what.startsWith('a name') ? 'other' : 'v1.bad.example.com';
  const { code, body } = await ask<{ message: string }>('POST', registrations, { metadata: { name }, spec: whole });
  expect(code).toBe(422);
  expect(body.message).toContain(message);
});

describe('an aggregated server', () => {
  test('is not available before its Service, its endpoints and its answer are there', async () => {
    await register();
    await available('False ServiceNotFound');
    const refused = await ask<{ reason: string }>('GET', flunders);
    expect(refused).toMatchObject({ code: 503, body: { reason: 'ServiceUnavailable', message: 'the server is currently unable to handle the request' }, headers: { 'retry-after': '1' } });
    // Whoever only looks around is not made to wait.
    expect((await ask('GET', `/apis/${sampleGroup}/v1alpha1`)).headers['retry-after']).toBeUndefined();
    await ask('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'sample-api' }, spec: { ports: [{ port: 8443 }] } });
    await available('False ServicePortError');
    await ask('PATCH', `/api/v1/namespaces/${namespace}/services/sample-api`, { spec: { ports: [{ port: 7443 }] } }, { 'content-type': 'application/merge-patch+json' });
    await available('False EndpointsNotFound');
    const slice = { metadata: { name: 'sample-api', labels: { 'kubernetes.io/service-name': 'sample-api' } }, addressType: 'IPv4', ports: [{ port: sample.port }], endpoints: [] as object[] };
    await ask('POST', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, slice);
    await available('False MissingEndpoints');
    sample.isBroken = true;
    await ask('PATCH', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/sample-api`, { endpoints: [{ addresses: [ownAddress()], conditions: { ready: true } }] }, { 'content-type': 'application/merge-patch+json' });
    const failed = await available('False FailedDiscoveryCheck');
    expect(failed.body.status.conditions?.[0]?.message).toMatch(/^failing or missing response from https:.*: bad status from https:.*: 500$/);
    sample.isBroken = false;
    await available('True Passed');
    await eventually(() => ask('GET', '/metrics'), ({ text }) => text.includes(`aggregator_unavailable_apiservice{name="${apiService}"} 0`));
  });

  test('serves through this one, in the name of the caller', async () => {
    const made = await ask('POST', flunders, { metadata: { name: 'one', labels: { a: '1' } }, spec: { n: 1 } });
    expect(made).toMatchObject({ code: 201, body: { kind: 'Flunder', metadata: { name: 'one', namespace: 'default' } } });
    const { proxy, user, headers } = sample.seen.findLast(({ method }) => method === 'POST') ?? {};
    expect(proxy).toBe('front-proxy-client');
    expect(user).toMatchObject({ name: 'admin', groups: ['system:masters', 'system:authenticated'] });
    expect(headers).not.toHaveProperty('authorization');
    expect(await ask('PATCH', `${flunders}/one`, { spec: { n: 2 } }, { 'content-type': 'application/merge-patch+json' })).toMatchObject({ code: 200, body: { spec: { n: 2 } } });
    expect((await ask<{ items: object[] }>('GET', `${flunders}?labelSelector=a%3D2`)).body.items).toEqual([]);
    expect(await ask('DELETE', `${flunders}/one`)).toMatchObject({ code: 200 });
    expect(await ask('GET', `${flunders}/one`)).toMatchObject({ code: 404, body: { reason: 'NotFound' } });
  });

  test('is told of impersonation, and of nothing that the caller says of himself', async () => {
    const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters', 'impersonate-extra-acme.com%2fteam': 'blue', 'x-remote-user': 'root', 'x-remote-extra-scopes': 'all' };
    expect((await ask('GET', flunders, undefined, headers)).code).toBe(200);
    const { user } = sample.seen.findLast(({ url }) => url === flunders) ?? {};
    expect(user).toEqual({ name: 'bob', uid: '', groups: ['system:masters', 'system:authenticated'], extra: { 'acme.com/team': ['blue'] } });
  });

  test('is not reached by who may not, and asks itself as well', async () => {
    const before = sample.seen.length;
    expect(await ask('GET', flunders, undefined, {}, 'ann')).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
    // What is authorised must be what is asked for.
    for (const path of [`/apis/${sampleGroup}/v1alpha1/namespaces/default%2fflunders`, `/apis/${sampleGroup}/v1alpha1/x/../namespaces/default/flunders`, `/apis/${sampleGroup}/v1alpha1//namespaces/default/flunders`]) expect(await ask('GET', path)).toMatchObject({ code: 400 });
    expect(sample.seen.length).toBe(before);
    await ask('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'flunder-reader' }, rules: [{ apiGroups: [sampleGroup], resources: ['flunders'], verbs: ['list'] }] });
    await ask('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'ann' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flunder-reader' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }] });
    expect((await ask('GET', flunders, undefined, {}, 'ann')).code).toBe(200);
    // Who may list and not watch does not come to watch, nor the other way round, by saying it so that only one of the two servers understands.
    const last = (): string | undefined => sample.seen.at(-1)?.url;
    expect((await ask('GET', `${flunders}?watch=False`, undefined, {}, 'ann')).code).toBe(200);
    expect((await ask('GET', `${flunders}?watch=%zz&a;b=1`, undefined, {}, 'ann')).code).toBe(200);
    expect(last()).toBe(flunders);
    expect((await ask('GET', `${flunders}?watch=1`, undefined, {}, 'ann')).code).toBe(403);
  });

  test('sends nobody elsewhere', async () => {
    expect(await ask('GET', `${flunders}/x/moved`)).toMatchObject({ code: 502, body: { message: 'the backend attempted to redirect this request, which is not permitted' } });
  });

  test('watches come as they happen', async () => {
    const message = await open('GET', `${flunders}?watch=1&resourceVersion=${sample.flunders.revision}`, undefined, {}, 'admin');
    expect(message.statusCode).toBe(200);
    const lines = (async () => {
      for await (const piece of message) return JSON.parse(String(piece)) as unknown;
      return undefined;
    })();
    await ask('POST', flunders, { metadata: { name: 'seen' } });
    expect(await lines).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'seen' } } });
    message.destroy();
  });

  test('connections change protocol through this one', async () => {
    const socket = await new Promise<Duplex>((resolve, reject) => {
      const request = httpsRequest({ host: '127.0.0.1', port: server.port, agent: new Agent({ ...agents.admin.options, keepAlive: false }), path: `${flunders}/x/connect`, headers: { connection: 'Upgrade', upgrade: 'echo' } });
      request.on('upgrade', (_message, upgraded) => resolve(upgraded));
      request.on('error', reject);
      request.end();
    });
    socket.write('back');
    let text = '';
    for await (const piece of socket) {
      text += String(piece);
      if (text.endsWith('back')) break;
    }
    expect(text).toBe('hello admin back');
    socket.destroy();
  });

  test('is in discovery, at its place, and stale when it cannot be asked', async () => {
    const groups = (await ask<{ groups: { name: string }[] }>('GET', '/apis')).body.groups.map(({ name }) => name);
    expect(groups[0]).toBe('apiregistration.k8s.io');
    expect(groups.indexOf(sampleGroup)).toBe(groups.length - 1);
    expect((await ask('GET', `/apis/${sampleGroup}`)).body).toMatchObject({ kind: 'APIGroup', preferredVersion: { version: 'v1alpha1' } });
    expect((await ask('GET', `/apis/${sampleGroup}/v1alpha1`)).body).toMatchObject({ kind: 'APIResourceList', groupVersion: `${sampleGroup}/v1alpha1` });
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const versionIn = async (): Promise<{ freshness: string; resources: { resource: string }[] } | undefined> => {
      const { body } = await ask<{ items: { metadata: { name: string }; versions: { freshness: string; resources: { resource: string }[] }[] }[] }>('GET', '/apis', undefined, { accept });
      return body.items.find(({ metadata }) => metadata.name === sampleGroup)?.versions[0];
    };
    const current = await eventually(versionIn, (found) => found?.freshness === 'Current');
    expect(current?.resources).toEqual([expect.objectContaining({ resource: 'flunders', scope: 'Namespaced', shortNames: ['fl'] })]);
    await ask('PATCH', `${registrations}/${apiService}`, { spec: { caBundle: null } }, { 'content-type': 'application/merge-patch+json' });
    const failed = await available('False FailedDiscoveryCheck');
    expect(failed.body.status.conditions?.[0]?.message).toContain('certificate signed by unknown authority');
    expect((await eventually(versionIn, (found) => found?.freshness === 'Stale'))?.resources).toHaveLength(1);
    await eventually(() => ask('GET', '/metrics'), ({ text }) => text.includes(`aggregator_unavailable_apiservice_total{name="${apiService}",reason="FailedDiscoveryCheck"} 1`));
    await ask('PATCH', `${registrations}/${apiService}`, { spec: { insecureSkipTLSVerify: true } }, { 'content-type': 'application/merge-patch+json' });
    await available('True Passed');
    await ask('PATCH', `${registrations}/${apiService}`, { spec: { insecureSkipTLSVerify: null, caBundle: sample.caBundle } }, { 'content-type': 'application/merge-patch+json' });
    await eventually(versionIn, (found) => found?.freshness === 'Current');
  });

  test('is in the OpenAPI documents, with nothing that is not its own', async () => {
    const path = `apis/${sampleGroup}/v1alpha1`;
    const index = await eventually(() => ask<{ paths: Record<string, { serverRelativeURL: string }> }>('GET', '/openapi/v3'), ({ body }) => body.paths[path] !== undefined);
    expect(index.body.paths[path]?.serverRelativeURL).toBe(`/openapi/v3/${path}?hash=FA11`);
    expect(await ask('GET', `/openapi/v3/${path}?hash=FA11`)).toMatchObject({ code: 200, body: { openapi: '3.0.0', info: { title: 'sample' } } });
    type V2 = { paths: Record<string, object>; definitions: Record<string, { properties: Record<string, { $ref?: string }> }> };
    const { body } = await eventually(() => ask<V2>('GET', '/openapi/v2'), (reply) => reply.body.paths[`/${path}/flunders`] !== undefined);
    expect(Object.keys(body.paths)).not.toContain('/apis/elsewhere.example.com/v1/things');
    const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
    expect(body.definitions['com.example.wardle.v1alpha1.Flunder']?.properties['metadata']?.$ref).toBe(`#/definitions/${metaName}_v2`);
    expect(Object.keys(body.definitions[`${metaName}_v2`]?.properties ?? {})).toEqual(['name', 'namespace']);
    expect(Object.keys(body.definitions[metaName]?.properties ?? {})).toContain('ownerReferences');
  });

  test('answers the gRPC face the same', async () => {
    const resource = { group: sampleGroup, version: 'v1alpha1', resource: 'flunders', kind: 'Flunder', namespaced: true };
    const watch = grpc.watch(resource, 'default', { resourceVersion: String(sample.flunders.revision) })[Symbol.asyncIterator]();
    const first = watch.next();
    const made = await grpc.create(resource, 'default', { metadata: { name: 'by-grpc', namespace: 'default' } });
    expect(made.metadata.name).toBe('by-grpc');
    expect((await first).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'by-grpc' } } });
    await watch.return?.();
    expect((await grpc.list(resource, 'default')).items.map(({ metadata }) => metadata.name)).toContain('by-grpc');
    await expect(grpc.create(resource, 'default', { metadata: { name: 'by-grpc', namespace: 'default' } })).rejects.toMatchObject({ reason: 'AlreadyExists', code: 409 });
    await grpc.delete(resource, 'default', 'by-grpc');
    await expect(grpc.get(resource, 'default', 'by-grpc')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('tells components what it serves, over gRPC', async () => {
    const list = await grpc.get(resources.apiServices, '', apiService, { subresource: 'resources' });
    expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion: `${sampleGroup}/v1alpha1`, resources: [{ name: 'flunders', kind: 'Flunder', namespaced: true }] });
    await expect(grpc.get(resources.apiServices, '', 'v1.apps', { subresource: 'resources' })).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('is gone with its APIService', async () => {
    await ask('DELETE', `${registrations}/${apiService}`);
    await eventually(() => ask('GET', flunders), ({ code }) => code === 404);
    expect((await ask<{ groups: { name: string }[] }>('GET', '/apis')).body.groups.map(({ name }) => name)).not.toContain(sampleGroup);
  });
});
