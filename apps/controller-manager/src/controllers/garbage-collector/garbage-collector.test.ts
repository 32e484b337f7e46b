import { ApiError, resources, type KubeObject } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import type { OwnerReference } from '@rhythm/api/types/meta-v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rig, type Rig } from '../../testing.ts';
import { startGarbageCollector } from './reconcile.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig(startGarbageCollector);
});
afterEach(() => r.stop());

const ref = (owner: ConfigMap, more: Partial<OwnerReference> = {}): OwnerReference => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name ?? '', uid: owner.metadata.uid ?? '', ...more });

async function make(name: string, ...ownerReferences: OwnerReference[]): Promise<ConfigMap> {
  return r.client.create(resources.configMaps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ownerReferences } });
}

const there = (): string[] => r.client.all(resources.configMaps, 'default').map((c) => c.metadata.name ?? '');
const remove = (name: string, propagationPolicy: 'Orphan' | 'Background' | 'Foreground'): Promise<void> => r.client.delete(resources.configMaps, 'default', name, { propagationPolicy });

test('dependents go with their owner, and theirs with them', async () => {
  const a = await make('a');
  const b = await make('b', ref(a));
  await make('c', ref(b));
  await r.settle();
  expect(there()).toEqual(['a', 'b', 'c']);
  await remove('a', 'Background');
  await r.settle();
  expect(there()).toEqual([]);
});

test('an object stays while one owner stays, and forgets the others', async () => {
  const a = await make('a');
  const b = await make('b');
  await make('c', ref(a), ref(b));
  await remove('a', 'Background');
  await r.settle();
  expect(r.client.peek(resources.configMaps, 'default', 'c')?.metadata.ownerReferences).toEqual([ref(b)]);
});

test('a namesake of the owner is not the owner', async () => {
  const a = await make('a');
  await make('b', { ...ref(a), uid: 'another' });
  await r.settle();
  expect(there()).toEqual(['a']);
});

test('an owner of a kind that is not known keeps its dependents', async () => {
  await make('a', { apiVersion: 'example.org/v1', kind: 'Thing', name: 'x', uid: 'u' });
  await r.settle();
  expect(there()).toEqual(['a']);
});

test('orphan deletion leaves the dependents, without the reference', async () => {
  const a = await make('a');
  await make('b', ref(a));
  await r.settle();
  await remove('a', 'Orphan');
  await r.settle();
  expect(there()).toEqual(['b']);
  expect(r.client.peek(resources.configMaps, 'default', 'b')?.metadata.ownerReferences ?? []).toEqual([]);
});

test('foreground deletion waits for the dependents that block it', async () => {
  const a = await make('a');
  const held = await make('b', ref(a, { blockOwnerDeletion: true }));
  await r.client.update(resources.configMaps, { ...held, metadata: { ...held.metadata, finalizers: ['example.org/hold'] } });
  await r.settle();
  await remove('a', 'Foreground');
  await r.settle();
  expect(there()).toEqual(['a', 'b']);
  const b = r.client.peek(resources.configMaps, 'default', 'b') as ConfigMap;
  expect(b.metadata.deletionTimestamp).toBeDefined();
  await r.client.update(resources.configMaps, { ...b, metadata: { ...b.metadata, finalizers: [] } });
  await r.settle();
  expect(there()).toEqual([]);
});

test('a cycle of owners is left alone while nobody is deleted', async () => {
  const a = await make('a');
  const b = await make('b', ref(a));
  await r.client.update(resources.configMaps, { ...a, metadata: { ...a.metadata, ownerReferences: [ref(b)] } });
  await r.settle();
  expect(there()).toEqual(['a', 'b']);
});

test.each(['Foreground', 'Background'] as const)('a cycle of owners that block each other goes as a whole when one is deleted (%s)', async (policy) => {
  const a = await make('a');
  const b = await make('b', ref(a, { blockOwnerDeletion: true }));
  const c = await make('c', ref(b, { blockOwnerDeletion: true }));
  await r.client.update(resources.configMaps, { ...a, metadata: { ...a.metadata, ownerReferences: [ref(c, { blockOwnerDeletion: true })] } });
  await r.settle();
  await remove('a', policy);
  await r.settle();
  expect(there()).toEqual([]);
});

test('foreground deletion goes on when a dependent is disowned', async () => {
  const a = await make('a');
  const held = await make('b', ref(a, { blockOwnerDeletion: true }));
  await r.client.update(resources.configMaps, { ...held, metadata: { ...held.metadata, finalizers: ['example.org/hold'] } });
  await remove('a', 'Foreground');
  await r.settle();
  const b = r.client.peek(resources.configMaps, 'default', 'b') as ConfigMap;
  await r.client.update(resources.configMaps, { ...b, metadata: { ...b.metadata, ownerReferences: [] } });
  await r.settle();
  expect(there()).toEqual(['b']);
});

describe('beside an aggregated server', () => {
  const flunders = { group: 'wardle.example.com', version: 'v1', resource: 'flunders', kind: 'Flunder', namespaced: true };
  const list = { metadata: {}, resources: [{ name: 'flunders', kind: 'Flunder', namespaced: true, verbs: ['get', 'list', 'update', 'delete', 'watch'] }, { name: 'reviews', kind: 'Review', namespaced: true, verbs: ['create'] }] };
  let isThere: boolean;

  beforeEach(async () => {
    isThere = true;
    const get = r.client.get.bind(r.client);
    // The API server tells of other servers' kinds as a subresource, and answers for those that are away.
    const away = (): Promise<never> => Promise.reject(new ApiError('ServiceUnavailable', 'the server is currently unable to handle the request'));
    Object.assign(r.client, {
      get: (...[resource, at, name, options]: Parameters<typeof get>) => {
        if (!isThere && (options?.subresource === 'resources' || resource.group === flunders.group)) return away();
        return options?.subresource === 'resources' ? Promise.resolve(list) : get(resource, at, name, options);
      },
    });
    r.client.seed(resources.apiServices, { metadata: { name: 'v1.wardle.example.com' }, spec: { group: 'wardle.example.com', version: 'v1', service: { namespace: 'x', name: 'y', port: 443 }, groupPriorityMinimum: 1, versionPriority: 1 }, status: {} });
    await r.settle();
  });

  const flunder = (name: string, ...ownerReferences: OwnerReference[]): Promise<KubeObject> => r.client.create(flunders, 'default', { apiVersion: 'wardle.example.com/v1', kind: 'Flunder', metadata: { name, namespace: 'default', ownerReferences } });
  const flunderRef = (owner: KubeObject): OwnerReference => ({ apiVersion: 'wardle.example.com/v1', kind: 'Flunder', name: owner.metadata.name ?? '', uid: owner.metadata.uid ?? '' });
  const flundersThere = (): string[] => r.client.all(flunders, 'default').map(({ metadata }) => metadata.name ?? '');

  test('its objects own ours: those go with them', async () => {
    const owner = await flunder('owner');
    const a = await make('a', flunderRef(owner));
    await make('b', ref(a));
    await r.settle();
    expect(there()).toEqual(['a', 'b']);
    await r.client.delete(flunders, 'default', 'owner', { propagationPolicy: 'Background' });
    await r.settle();
    expect(there()).toEqual([]);
  });

  test('our objects own its: those go with them, and theirs', async () => {
    const owner = await make('owner');
    const one = await flunder('one', ref(owner));
    await flunder('two', flunderRef(one));
    await flunder('other');
    await r.settle();
    expect(flundersThere()).toEqual(['one', 'other', 'two']);
    await remove('owner', 'Background');
    await r.settle();
    expect(flundersThere()).toEqual(['other']);
  });

  test('an owner that was never there is asked for, and what it would own goes', async () => {
    await make('a', { apiVersion: 'wardle.example.com/v1', kind: 'Flunder', name: 'nobody', uid: 'u' });
    await r.settle();
    expect(there()).toEqual([]);
  });

  test('nothing goes on the word of a server that cannot be asked; it goes when that can be', async () => {
    isThere = false;
    await make('a', { apiVersion: 'wardle.example.com/v1', kind: 'Flunder', name: 'nobody', uid: 'u' });
    await r.settle(60_000);
    expect(there()).toEqual(['a']);
    isThere = true;
    await r.settle(120_000);
    expect(there()).toEqual([]);
  });

  test('foreground deletion waits for its objects, too', async () => {
    const owner = await make('owner');
    const held = await flunder('held', ref(owner, { blockOwnerDeletion: true }));
    await r.client.update(flunders, { ...held, metadata: { ...held.metadata, finalizers: ['example.org/hold'] } });
    await r.settle();
    await remove('owner', 'Foreground');
    await r.settle();
    expect([there(), flundersThere()]).toEqual([['owner'], ['held']]);
    const left = r.client.peek(flunders, 'default', 'held') as KubeObject;
    expect(left.metadata.deletionTimestamp).toBeDefined();
    await r.client.update(flunders, { ...left, metadata: { ...left.metadata, finalizers: [] } });
    await r.settle();
    expect([there(), flundersThere()]).toEqual([[], []]);
  });
});
