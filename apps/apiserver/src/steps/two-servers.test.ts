import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '@rhythm/base';
import { memoryStore, type Store } from '@rhythm/store-client';
import type { KubeObject } from '@rhythm/api';
import type { Service } from '@rhythm/api/types/core-v1';
import { objectReader } from '../pipeline/object-reader.ts';
import type { ObjectReader } from '../ports/types.ts';
import { testApi, type TestApi } from '../testing.ts';
import { allocationSteps } from './index.ts';

const apis: TestApi[] = [];
afterEach(async () => {
  for (const api of apis.splice(0)) await api.stop();
});

/** An apiserver with caches of its own, on a store that it may share. */
function server(store: Store, seed: number, cidr = '10.96.0.0/24'): TestApi {
  const later: { reader?: ObjectReader } = {};
  const late: ObjectReader = {
    get: (...args) => (later.reader as ObjectReader).get(...args),
    list: (...args) => (later.reader as ObjectReader).list(...args),
  };
  const api = testApi({ store, admission: allocationSteps(cidr, late, { clock: new VirtualClock(), random: seededRandom(seed) }) });
  later.reader = objectReader(api.ports);
  apis.push(api);
  return api;
}

const create = (api: TestApi, name: string, spec: object = {}): Promise<Service> =>
  api.call<Service>('create', 'v1/ns/a/services', { kind: 'Service', apiVersion: 'v1', metadata: { name }, spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }], ...spec } });
const addresses = async (api: TestApi): Promise<Map<string, string>> => {
  const list = await api.call<{ items: Array<KubeObject & { spec: { parentRef: { name: string } } }> }>('list', 'networking.k8s.io/v1/ipaddresses');
  return new Map(list.items.map((item) => [item.metadata.name ?? '', item.spec.parentRef.name]));
};

describe('two apiservers on one store', () => {
  test('of many services that want one address exactly one gets it', async () => {
    const store = memoryStore();
    const [a, b] = [server(store, 1), server(store, 2)];
    const results = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => create(i % 2 === 0 ? a : b, `s${i}`, { clusterIP: '10.96.0.20' })));
    const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(made).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect((result.reason as Error).message).toContain('provided IP is already allocated');
    expect([...(await addresses(a))]).toEqual([['10.96.0.20', made[0]?.metadata.name]]);
    const list = await b.call<{ items: Service[] }>('list', 'v1/ns/a/services');
    expect(list.items).toHaveLength(1);
  });

  test('services that name none never share one, even when the range gets full', async () => {
    const store = memoryStore();
    // Equal seeds: both servers try the same addresses in the same order.
    const [a, b] = [server(store, 7, '10.96.0.0/27'), server(store, 7, '10.96.0.0/27')];
    const made = await Promise.all(Array.from({ length: 30 }, (_, i) => create(i % 2 === 0 ? a : b, `s${i}`)));
    const held = await addresses(a);
    expect(new Set(made.map((service) => service.spec.clusterIP)).size).toBe(30);
    for (const service of made) expect(held.get(service.spec.clusterIP ?? '')).toBe(service.metadata.name);
    await expect(create(a, 'one-too-many')).rejects.toThrow('range is full');
  });

  test('an address is free again with the deletion, in the same revision', async () => {
    const store = memoryStore();
    const [a, b] = [server(store, 1), server(store, 2)];
    const { spec } = await create(a, 'first');
    await a.call('delete', 'v1/ns/a/services/first');
    expect((await addresses(a)).size).toBe(0);
    expect((await create(b, 'second', { clusterIP: spec.clusterIP })).spec.clusterIP).toBe(spec.clusterIP);
  });

  test('updates race for an address like creations', async () => {
    const store = memoryStore();
    const servers = [server(store, 1), server(store, 2)];
    for (let i = 0; i < 6; i++) await create(servers[i % 2] as TestApi, `e${i}`, { type: 'ExternalName', externalName: 'x.y', ports: undefined });
    const patch = { spec: { type: 'ClusterIP', clusterIP: '10.96.0.21', externalName: null, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] } };
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => (servers[i % 2] as TestApi).call('patch', `v1/ns/a/services/e${i}`, patch, { contentType: 'application/merge-patch+json' })),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect((result.reason as Error).message).toContain('provided IP is already allocated');
    expect((await addresses(servers[0] as TestApi)).size).toBe(1);
  });

  test('a dry run claims nothing, and a refused service leaves nothing behind', async () => {
    const store = memoryStore();
    const api = server(store, 1);
    await api.call('create', 'v1/ns/a/services', { kind: 'Service', apiVersion: 'v1', metadata: { name: 'dry' }, spec: { ports: [{ port: 80, protocol: 'TCP' }] } }, { dryRun: ['All'] });
    expect((await addresses(api)).size).toBe(0);
    await create(api, 'taken');
    await expect(create(api, 'taken')).rejects.toMatchObject({ reason: 'AlreadyExists' });
    expect((await addresses(api)).size).toBe(1);
  });
});
