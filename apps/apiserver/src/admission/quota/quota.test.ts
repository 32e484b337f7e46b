import { evaluatorOf, kindRegistry, type KubeObject } from '@rhythm/api';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { memoryStore } from '@rhythm/store-client';
import { afterEach, describe, expect, test } from 'vitest';
import { Caches } from '../../registry/caches.ts';
import { ObjectStore } from '../../registry/object-store.ts';
import type { AdmissionStep } from '../../ports/types.ts';
import { testApi, type TestApi } from '../../testing.ts';
import { Charger } from './charger.ts';
import { quotaStore, resourceQuota } from './index.ts';

type Quota = KubeObject & { spec?: object; status?: { hard?: Record<string, string>; used?: Record<string, string> } };
const ns = 'v1/ns/default';
const open: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of open.splice(0)) await stop();
});

/** A server whose last admission step is the quota, as `start` has it; several may share a store. */
function server(store = memoryStore(), clock = new VirtualClock(), seed = 7, ...before: AdmissionStep[]): TestApi & { writes(): number } {
  const random = seededRandom(seed);
  let writes = 0;
  // The step reads and charges through a cache of its own, over the same store.
  const caches = new Caches({ store, clock, random, log: silentLog }, kindRegistry);
  const held = quotaStore({ registry: kindRegistry, caches, objects: new ObjectStore(store, caches, kindRegistry, clock) });
  const step = resourceQuota({
    store: {
      list: (namespace) => held.list(namespace),
      replace: (changes) => {
        writes++;
        return held.replace(changes);
      },
    },
    clock,
    random,
  });
  const api = testApi({ store, clock, admission: [...before, step] });
  open.push(async () => {
    await api.stop();
    await caches.stop();
  });
  return Object.assign(api, { writes: () => writes });
}

/** A quota that the controller has seen. */
async function quota(api: TestApi, name: string, hard: Record<string, string>, spec: object = {}, used?: Record<string, string>): Promise<void> {
  const made = await api.call<Quota>('create', `${ns}/resourcequotas`, { kind: 'ResourceQuota', apiVersion: 'v1', metadata: { name }, spec: { hard, ...spec } });
  await api.call('update', `${ns}/resourcequotas/${name}/status`, { ...made, status: { hard, used: used ?? Object.fromEntries(Object.keys(hard).map((key) => [key, '0'])) } });
  await api.clock.advance(0);
}
const usedOf = async (api: TestApi, name = 'q'): Promise<Record<string, string>> => (await api.call<Quota>('get', `${ns}/resourcequotas/${name}`)).status?.used ?? {};
const pod = (name: string, resources: object = {}, spec: object = {}): object => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...spec } });
const map = (name: string): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name } });

describe('what is refused', () => {
  test('what is beyond the quota, in the words of Kubernetes', async () => {
    const api = server();
    await quota(api, 'q', { pods: '5', 'requests.cpu': '1', 'limits.memory': '1Gi', 'requests.example.com/dongle': '3' });
    await api.call('create', `${ns}/pods`, pod('a', { requests: { cpu: '600m', memory: '1Mi', 'example.com/dongle': '2' }, limits: { memory: '1Gi', 'example.com/dongle': '2' } }));
    expect(await usedOf(api)).toEqual({ pods: '1', 'requests.cpu': '600m', 'limits.memory': '1Gi', 'requests.example.com/dongle': '2' });
    await expect(api.call('create', `${ns}/pods`, pod('b', { requests: { cpu: '500m' }, limits: { memory: '1Mi' } }))).rejects.toMatchObject({
      reason: 'Forbidden',
      message: 'pods "b" is forbidden: exceeded quota: q, requested: limits.memory=1Mi,requests.cpu=500m, used: limits.memory=1Gi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1',
    });
    await expect(api.call('create', `${ns}/pods`, pod('b', { requests: { cpu: '1m', 'example.com/dongle': '2' }, limits: { memory: '0', 'example.com/dongle': '2' } }))).rejects.toThrow('exceeded quota: q, requested: requests.example.com/dongle=2, used: requests.example.com/dongle=2, limited: requests.example.com/dongle=3');
    expect(await usedOf(api)).toMatchObject({ pods: '1' });
  });

  test('pods that leave open what is limited; those that say it for all containers do not', async () => {
    const api = server();
    await quota(api, 'q', { 'limits.cpu': '1', 'requests.memory': '1Gi' });
    const two = { containers: [{ name: 'x', image: 'i', resources: { requests: { memory: '1Mi' } } }, { name: 'b', image: 'i' }], initContainers: [{ name: 'a', image: 'i' }] };
    await expect(api.call('create', `${ns}/pods`, pod('p', {}, two))).rejects.toThrow('pods "p" is forbidden: failed quota: q: must specify limits.cpu for: a,b,x; requests.memory for: a,b');
    await api.call('create', `${ns}/pods`, pod('p', {}, { ...two, resources: { requests: { memory: '2Mi' } } }));
    expect(await usedOf(api)).toEqual({ 'limits.cpu': '0', 'requests.memory': '2Mi' });
  });

  test('all that a quota without a known usage limits; one that nobody has seen yet limits nothing', async () => {
    const api = server();
    await quota(api, 'q', { configmaps: '3', secrets: '3' }, {}, { secrets: '0' });
    await expect(api.call('create', `${ns}/configmaps`, map('a'))).rejects.toThrow('configmaps "a" is forbidden: status unknown for quota: q, resources: configmaps');
    await api.call('create', `${ns}/secrets`, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' } });
    await api.call('create', 'v1/ns/other/resourcequotas', { kind: 'ResourceQuota', apiVersion: 'v1', metadata: { name: 'new' }, spec: { hard: { configmaps: '0' } } });
    await api.call('create', 'v1/ns/other/configmaps', map('a'));
  });
});

describe('what is charged', () => {
  test('objects of any kind, services by their ports, claims by their class; growth only', async () => {
    const api = server();
    await quota(api, 'q', { services: '4', 'services.nodeports': '3', 'services.loadbalancers': '1', 'count/deployments.apps': '1', 'requests.storage': '10Gi', 'gold.storageclass.storage.k8s.io/requests.storage': '5Gi' });
    const service = (name: string, type: string, ports: number): object => ({ kind: 'Service', apiVersion: 'v1', metadata: { name }, spec: { type, clusterIP: '10.0.0.9', ports: Array.from({ length: ports }, (_, i) => ({ name: `p${i}`, port: 80 + i })) } });
    await api.call('create', `${ns}/services`, service('s', 'ClusterIP', 2));
    await api.call('patch', `${ns}/services/s`, { spec: { type: 'NodePort' } }, { contentType: 'application/merge-patch+json' });
    expect(await usedOf(api)).toMatchObject({ services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' });
    await expect(api.call('create', `${ns}/services`, service('t', 'LoadBalancer', 2))).rejects.toThrow('exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=2, limited: services.nodeports=3');
    await api.call('patch', `${ns}/services/s`, { spec: { type: 'ClusterIP' } }, { contentType: 'application/merge-patch+json' });
    expect(await usedOf(api)).toMatchObject({ 'services.nodeports': '2' });
    const claim = (name: string, storage: string): object => ({ kind: 'PersistentVolumeClaim', apiVersion: 'v1', metadata: { name }, spec: { storageClassName: 'gold', accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } });
    await api.call('create', `${ns}/persistentvolumeclaims`, claim('c', '4Gi'));
    await expect(api.call('create', `${ns}/persistentvolumeclaims`, claim('d', '2Gi'))).rejects.toThrow('requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: gold.storageclass.storage.k8s.io/requests.storage=4Gi');
    const deployment = (name: string): object => ({ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
    await api.call('create', 'apps/v1/ns/default/deployments', deployment('d'));
    await expect(api.call('create', 'apps/v1/ns/default/deployments', deployment('e'))).rejects.toThrow('deployments.apps "e" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1');
  });

  test('by scope, and in full when a pod enters one', async () => {
    const api = server();
    await quota(api, 'ending', { pods: '1' }, { scopes: ['Terminating'] });
    await quota(api, 'best', { pods: '1' }, { scopes: ['BestEffort'] });
    await quota(api, 'high', { pods: '1' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } });
    await quota(api, 'others', { pods: '5' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'NotIn', values: ['high'] }] } });
    await api.call('create', `${ns}/pods`, pod('a'));
    await api.call('create', `${ns}/pods`, pod('b', { requests: { cpu: '1m' } }, { activeDeadlineSeconds: 60, priorityClassName: 'high' }));
    const used = async (): Promise<string[]> => Promise.all(['ending', 'best', 'high', 'others'].map(async (name) => (await usedOf(api, name)).pods ?? ''));
    expect(await used()).toEqual(['1', '1', '1', '1']);
    await expect(api.call('create', `${ns}/pods`, pod('c'))).rejects.toThrow('exceeded quota: best, requested: pods=1, used: pods=1, limited: pods=1');
    await api.call('create', `${ns}/pods`, pod('c', { requests: { cpu: '1m' } }));
    await expect(api.call('patch', `${ns}/pods/c`, { spec: { activeDeadlineSeconds: 5 } }, { contentType: 'application/merge-patch+json' })).rejects.toThrow('exceeded quota: ending');
  });

  test('a dry run is judged and charges nothing; made-up names are charged once', async () => {
    const api = server();
    await quota(api, 'q', { configmaps: '1' });
    await api.call('create', `${ns}/configmaps`, map('a'), { dryRun: ['All'] });
    expect(await usedOf(api)).toEqual({ configmaps: '0' });
    await api.call('create', `${ns}/configmaps`, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { generateName: 'x-' } });
    await expect(api.call('create', `${ns}/configmaps`, map('a'), { dryRun: ['All'] })).rejects.toThrow('exceeded quota');
  });

  test('a resize is charged by what it adds', async () => {
    const api = server();
    await quota(api, 'q', { 'requests.cpu': '1' });
    await api.call('create', `${ns}/pods`, pod('a', { requests: { cpu: '500m' } }));
    const resize = (cpu: string): Promise<unknown> => api.call('patch', `${ns}/pods/a/resize`, { spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] } }, { contentType: 'application/strategic-merge-patch+json' });
    await resize('800m');
    expect(await usedOf(api)).toEqual({ 'requests.cpu': '800m' });
    await expect(resize('1100m')).rejects.toThrow('requested: requests.cpu=300m, used: requests.cpu=800m, limited: requests.cpu=1');
  });

  test('a write that has to be tried again is charged once', async () => {
    let races = 2;
    // Somebody else changes the object between its reading and its writing.
    const rival: AdmissionStep = {
      name: 'Rival',
      async validate({ attributes }) {
        if (attributes.resource !== 'services' || attributes.verb !== 'patch' || races-- <= 0) return;
        const inner = await other.call<KubeObject>('get', `${ns}/services/s`);
        await other.call('update', `${ns}/services/s`, { ...inner, metadata: { ...inner.metadata, labels: { race: String(races) } } });
      },
    };
    const store = memoryStore();
    const clock = new VirtualClock();
    const other = testApi({ store, clock });
    const api = server(store, clock, 7, rival);
    open.push(() => other.stop());
    await quota(api, 'q', { 'services.nodeports': '3' });
    await api.call('create', `${ns}/services`, { kind: 'Service', apiVersion: 'v1', metadata: { name: 's' }, spec: { clusterIP: '10.0.0.9', ports: [{ port: 80 }, { port: 81, name: 'b' }].map((port, i) => ({ ...port, name: `p${i}` })) } });
    await api.call('patch', `${ns}/services/s`, { spec: { type: 'NodePort' } }, { contentType: 'application/merge-patch+json' });
    expect(races).toBeLessThanOrEqual(0);
    expect(await usedOf(api)).toEqual({ 'services.nodeports': '2' });
  });
});

describe('at once', () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))('many creations on two servers never exceed the quotas (seed %i)', async (seed) => {
    const store = memoryStore();
    const clock = new VirtualClock();
    const random = seededRandom(seed);
    const servers = [server(store, clock, seed), server(store, clock, seed + 100)];
    const first = servers[0] as TestApi;
    await quota(first, 'q', { configmaps: '25' });
    await quota(first, 'also', { 'count/configmaps': '40', secrets: '1' });
    const results = Promise.allSettled(
      Array.from({ length: 60 }, async (_, i) => {
        await clock.sleep(Math.floor(random.next() * 20));
        await servers[i % 2]?.call('create', `${ns}/configmaps`, map(`m-${i}`));
      }),
    );
    for (let i = 0; i < 60; i++) await clock.advance(50);
    const outcomes = await results;
    const made = (await first.call<{ items: unknown[] }>('list', `${ns}/configmaps`)).items.length;
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(25);
    expect(made).toBe(25);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('exceeded quota: q');
    expect(await usedOf(first)).toEqual({ configmaps: '25' });
    expect(await usedOf(first, 'also')).toMatchObject({ 'count/configmaps': '25' });
  });

  test('whoever has gone before is not charged', async () => {
    const charger = new Charger({ store: { list: () => Promise.reject(new Error('nobody is left to ask for')), replace: () => Promise.resolve(true) }, clock: new VirtualClock(), random: seededRandom(1) });
    const gone = AbortSignal.abort(new Error('gone'));
    const evaluator = evaluatorOf('', 'configmaps');
    if (evaluator === undefined) throw new Error('config maps are counted');
    await expect(charger.charge('default', { evaluator, object: map('a') as KubeObject, now: 0, dryRun: false }, gone)).rejects.toThrow('gone');
  });

  test('a request does not wait for ever', async () => {
    const clock = new VirtualClock();
    const charger = new Charger({ store: { list: () => new Promise(() => undefined), replace: () => Promise.resolve(true) }, clock, random: seededRandom(1) });
    const evaluator = evaluatorOf('', 'configmaps');
    if (evaluator === undefined) throw new Error('config maps are counted');
    const outcome = expect(charger.charge('default', { evaluator, object: map('a') as KubeObject, now: 0, dryRun: false })).rejects.toMatchObject({ reason: 'InternalError', message: 'resource quota evaluation timed out' });
    await clock.advance(10_000);
    await outcome;
  });

  test('requests that come together share writes; a namespace without quotas costs none', async () => {
    const api = server();
    await quota(api, 'q', { configmaps: '1000' });
    await Promise.all(Array.from({ length: 100 }, (_, i) => api.call('create', `${ns}/configmaps`, map(`m-${i}`))));
    expect(api.writes()).toBeLessThan(10);
    expect(await usedOf(api)).toEqual({ configmaps: '100' });
    await api.call('create', 'v1/ns/free/configmaps', map('a'));
    expect(api.writes()).toBeLessThan(10);
  });
});
