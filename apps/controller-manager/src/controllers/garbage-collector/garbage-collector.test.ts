import { resources } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import type { OwnerReference } from '@rhythm/api/types/meta-v1';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
