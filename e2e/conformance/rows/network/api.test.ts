import type { KubernetesObject } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { deleteCollection, everyVerb, statusApart } from '../verbs.ts';

const networking = 'networking.k8s.io/v1';

row('eps-api', async (k) => {
  await everyVerb(k, {
    groupVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    resource: 'endpointslices',
    namespaced: true,
    body: () => ({ addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true, serving: true, terminating: false } }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }),
    change: { endpoints: [{ addresses: ['192.0.2.2'] }] },
  });
  const path = k.path('discovery.k8s.io/v1', 'endpointslices');
  const made = await k.create<KubernetesObject & { ports: readonly object[] }>(path, { metadata: { name: 'defaults' }, addressType: 'IPv4', endpoints: [], ports: [{ port: 80 }] });
  expect(made.ports).toEqual([{ name: '', port: 80, protocol: 'TCP' }]);
  await k.fails(k.raw('PUT', `${path}/defaults`, { body: { ...made, addressType: 'IPv6' } }), { code: 422, reason: 'Invalid', message: 'addressType: Invalid value: "IPv6": field is immutable' });
});

row('endpoints-lifecycle', async (k) => {
  const path = k.path('endpoints');
  const labels = { 'endpoints-of': k.namespace };
  const labelSelector = `endpoints-of=${k.namespace}`;
  const watching = await k.watch(path, { labelSelector });
  const subset = (ip: string, port: number): object => ({ addresses: [{ ip }], ports: [{ name: 'http', port, protocol: 'TCP' }] });
  await k.create(path, { metadata: { name: 'some', labels }, subsets: [subset('192.0.2.1', 80)] });
  await watching.until(({ type }) => type === 'ADDED');
  const { items } = await k.core.listEndpointsForAllNamespaces({ labelSelector });
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['some']);

  const before = await k.get<KubernetesObject>(`${path}/some`);
  await k.put(`${path}/some`, { ...before, metadata: { ...before.metadata, labels: { ...labels, updated: 'true' } } });
  await watching.until(({ type, object }) => type === 'MODIFIED' && object.metadata?.labels?.['updated'] === 'true');
  const patched = await k.patch<{ subsets: readonly object[] }>(`${path}/some`, { subsets: [subset('192.0.2.2', 8080)] }, 'strategic');
  expect(patched.subsets).toEqual([subset('192.0.2.2', 8080)]);
  await watching.until(({ type }) => type === 'MODIFIED');
  await k.fails(k.raw('POST', path, { body: { metadata: { name: 'bad' }, subsets: [subset('127.0.0.1', 80)] } }), { code: 422, reason: 'Invalid', message: 'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1"' });

  await k.create(path, { metadata: { name: 'bystander' } });
  await deleteCollection(k, path, labelSelector);
  await watching.until(({ type }) => type === 'DELETED');
  await k.fails(k.core.readNamespacedEndpoints({ namespace: k.namespace, name: 'some' }), { code: 404, reason: 'NotFound' });
  expect(await k.get(`${path}/bystander`)).toMatchObject({ metadata: { name: 'bystander' } });
});

row('ingress-api', async (k) => {
  const rule = (host: string): object => ({ host, http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { service: { name: 'web', port: { number: 80 } } } }] } });
  await everyVerb(k, {
    groupVersion: networking,
    kind: 'Ingress',
    resource: 'ingresses',
    namespaced: true,
    body: () => ({ spec: { rules: [rule('a.example.com')] } }),
    change: { spec: { rules: [rule('b.example.com')] } },
    status: { patch: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }, update: { loadBalancer: { ingress: [{ ip: '192.0.2.2' }] } } },
  });
  const path = k.path(networking, 'ingresses');
  const made = await k.create(path, { metadata: { name: 'counted' }, spec: { rules: [rule('a.example.com')] } });
  expect(made.metadata?.generation).toBe(1);
  expect(await k.patch(`${path}/counted`, { spec: { rules: [rule('b.example.com')] } })).toMatchObject({ metadata: { generation: 2 } });
  await k.fails(k.raw('POST', path, { body: { metadata: { name: 'bad' }, spec: { rules: [rule('not a host')] } } }), { code: 422, reason: 'Invalid', message: 'spec.rules[0].host' });
});

row('ingressclass-api', async (k) => {
  await everyVerb(k, { groupVersion: networking, kind: 'IngressClass', resource: 'ingressclasses', namespaced: false, body: () => ({ spec: { controller: 'example.com/controller' } }) });
  const path = `/apis/${networking}/ingressclasses`;
  const made = await k.create<KubernetesObject & { spec: object }>(path, { metadata: { generateName: 'class-' }, spec: { controller: 'example.com/controller' } });
  await k.fails(k.raw('PUT', `${path}/${made.metadata?.name}`, { body: { ...made, spec: { controller: 'example.com/other' } } }), { code: 422, reason: 'Invalid', message: 'spec.controller: Invalid value: "example.com/other": field is immutable' });
});

row('ipaddress-api', async (k) => {
  // One block of the documentation's for each run: addresses are names, and a cluster has each once.
  const block = Math.floor(Math.random() * 60) * 4;
  const name = (index: number): string => `198.51.100.${block + index}`;
  const parentRef = { group: '', resource: 'services', namespace: k.namespace, name: 'some' };
  await everyVerb(k, { groupVersion: networking, kind: 'IPAddress', resource: 'ipaddresses', namespaced: false, name, body: () => ({ spec: { parentRef } }) });
  const path = `/apis/${networking}/ipaddresses`;
  await k.fails(k.raw('POST', path, { body: { metadata: { name: '198.51.100.01' }, spec: { parentRef } } }), { code: 422, reason: 'Invalid', message: 'metadata.name' });
  await k.fails(k.raw('POST', path, { body: { metadata: { name: name(0) }, spec: {} } }), { code: 422, reason: 'Invalid', message: 'spec.parentRef: Required value' });
});

row('servicecidr-api', async (k) => {
  const block = Math.floor(Math.random() * 60) * 4;
  await everyVerb(k, { groupVersion: networking, kind: 'ServiceCIDR', resource: 'servicecidrs', namespaced: false, body: (index) => ({ spec: { cidrs: [`203.0.113.${block + index}/32`] } }), status: condition });
  const path = `/apis/${networking}/servicecidrs`;
  const made = await k.create<KubernetesObject & { spec: object }>(path, { metadata: { generateName: 'more-' }, spec: { cidrs: ['203.0.113.0/24'] } });
  const at = `${path}/${made.metadata?.name}`;
  await statusApart(k, at, condition);
  await k.fails(k.raw('PUT', at, { body: { ...(await k.get<object>(at)), spec: { cidrs: ['203.0.112.0/24'] } } }), { code: 422, reason: 'Invalid', message: 'spec.cidrs' });
  await k.fails(k.raw('POST', path, { body: { metadata: { name: k.unique('bad') }, spec: { cidrs: ['203.0.113.7/24'] } } }), { code: 422, reason: 'Invalid', message: 'spec.cidrs[0]' });
  // The one of the cluster is there, and holds the service of the API.
  expect(await k.get<object>(`${path}/kubernetes`)).toMatchObject({ spec: { cidrs: [expect.stringMatching(/^\d+\.\d+\.\d+\.\d+\/\d+$/)] } });
});

const conditionOf = (status: string): object => ({ conditions: [{ type: 'Tried', status, reason: 'Test', message: '', lastTransitionTime: '2020-01-01T00:00:00Z' }] });
const condition = { patch: conditionOf('True'), update: conditionOf('False') };

row('svc-list-all', async (k) => {
  const made = await k.core.createNamespacedService({ namespace: k.namespace, body: { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } } });
  expect(made.spec?.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  const { items } = await k.core.listServiceForAllNamespaces();
  const found = (namespace: string, name: string): unknown => items.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
  expect(found('default', 'kubernetes')).toMatchObject({ metadata: { labels: { component: 'apiserver', provider: 'kubernetes' } }, spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP' }], type: 'ClusterIP' } });
  expect(found(k.namespace, 'web')).toMatchObject({ spec: { clusterIP: made.spec?.clusterIP, clusterIPs: [made.spec?.clusterIP] } });
});
