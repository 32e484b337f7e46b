import { resources } from '@rhythm/api';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@rhythm/api/types/core-v1';
import type { VolumeAttributesClass } from '@rhythm/api/types/storage-v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rig, type Rig } from '../../testing.ts';
import { startAttributesClassProtection } from './attributes-classes.ts';
import { startClaimProtection } from './claims.ts';
import { startVolumeProtection } from './volumes.ts';

let r: Rig;
beforeEach(async () => {
  r = await rig(startClaimProtection, startVolumeProtection, startAttributesClassProtection);
});
afterEach(() => r.stop());

const claim = (): PersistentVolumeClaim | undefined => r.client.peek(resources.persistentVolumeClaims, 'default', 'c');
async function aClaim(more: object = {}): Promise<void> {
  await r.client.create(resources.persistentVolumeClaims, 'default', { metadata: { name: 'c', namespace: 'default', ...more }, spec: {} } as PersistentVolumeClaim);
  await r.settle();
}
async function aPod(volume: object, nodeName?: string): Promise<void> {
  await r.client.create(resources.pods, 'default', { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [], volumes: [volume], ...(nodeName === undefined ? {} : { nodeName }) } } as unknown as Pod);
  await r.settle();
}
async function remove(): Promise<void> {
  await r.client.delete(resources.persistentVolumeClaims, 'default', 'c');
  await r.settle();
}

test('a claim that came without protection gets it, and goes at once when nobody uses it', async () => {
  await aClaim();
  expect(claim()?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  await remove();
  expect(claim()).toBeUndefined();
});

test('a claim in use stays until the pod is gone; other finalizers are not ours', async () => {
  await aClaim({ finalizers: ['example.com/mine'] });
  await aPod({ name: 'v', persistentVolumeClaim: { claimName: 'c' } }, 'n1');
  await remove();
  expect(claim()?.metadata.deletionTimestamp).toBeDefined();
  r.client.remove(resources.pods, 'default', 'p');
  await r.settle();
  expect(claim()?.metadata.finalizers).toEqual(['example.com/mine']);
});

test.each([
  ['without a node', { name: 'v', persistentVolumeClaim: { claimName: 'c' } }, undefined],
  ['of another claim', { name: 'v', persistentVolumeClaim: { claimName: 'd' } }, 'n1'],
])('a pod %s does not hold it', async (_what, volume, node) => {
  await aClaim();
  await aPod(volume, node);
  await remove();
  expect(claim()).toBeUndefined();
});

test('a volume stays while it is bound', async () => {
  r.client.seed(resources.persistentVolumes, { metadata: { name: 'v' }, spec: {}, status: { phase: 'Bound' } } as PersistentVolume);
  await r.settle();
  const volume = (): PersistentVolume | undefined => r.client.peek(resources.persistentVolumes, '', 'v');
  expect(volume()?.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
  await r.client.delete(resources.persistentVolumes, '', 'v');
  await r.settle();
  const leaving = volume() as PersistentVolume;
  expect(leaving.metadata.deletionTimestamp).toBeDefined();
  await r.client.update(resources.persistentVolumes, { ...leaving, status: { phase: 'Released' } } as PersistentVolume, { subresource: 'status' });
  await r.settle();
  expect(volume()).toBeUndefined();
});

describe('a class of attributes', () => {
  const attributesClass = (): VolumeAttributesClass | undefined => r.client.peek(resources.volumeAttributesClasses, '', 'gold');
  beforeEach(async () => {
    await r.client.create(resources.volumeAttributesClasses, '', { metadata: { name: 'gold' }, driverName: 'd' } as VolumeAttributesClass);
    await r.settle();
  });
  const removeClass = async (): Promise<void> => {
    await r.client.delete(resources.volumeAttributesClasses, '', 'gold');
    await r.settle();
  };

  test('is protected, and goes at once when nobody has it', async () => {
    expect(attributesClass()?.metadata.finalizers).toEqual(['kubernetes.io/vac-protection']);
    await removeClass();
    expect(attributesClass()).toBeUndefined();
  });

  test.each([
    ['wants it', { spec: { volumeAttributesClassName: 'gold' } }],
    ['has it', { spec: {}, status: { currentVolumeAttributesClassName: 'gold' } }],
    ['is on its way to it', { spec: {}, status: { modifyVolumeStatus: { targetVolumeAttributesClassName: 'gold', status: 'InProgress' } } }],
  ])('stays while a claim %s', async (_what, more) => {
    r.client.seed(resources.persistentVolumeClaims, { metadata: { name: 'c', namespace: 'default' }, ...more } as PersistentVolumeClaim);
    await r.settle();
    await removeClass();
    expect(attributesClass()?.metadata.deletionTimestamp).toBeDefined();
    r.client.remove(resources.persistentVolumeClaims, 'default', 'c');
    await r.settle();
    expect(attributesClass()).toBeUndefined();
  });

  test('stays while a volume has it', async () => {
    r.client.seed(resources.persistentVolumes, { metadata: { name: 'v' }, spec: { volumeAttributesClassName: 'gold' } } as PersistentVolume);
    await r.settle();
    await removeClass();
    expect(attributesClass()?.metadata.deletionTimestamp).toBeDefined();
    r.client.remove(resources.persistentVolumes, '', 'v');
    await r.settle();
    expect(attributesClass()).toBeUndefined();
  });
});
