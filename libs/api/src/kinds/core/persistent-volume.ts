import type { PersistentVolume } from '../../gen/types/core-v1.ts';
import { accessModesText } from '../access-modes.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { volumeWarnings } from '../warnings/others.ts';
import { roundResources } from '../pod-spec-defaults.ts';

const betaClass = 'volume.beta.kubernetes.io/storage-class';
import { validateVolume, validateVolumeUpdate } from './storage-validation.ts';

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  status: true,
  storageVersionHash: 'HN/zwEC+JgM=',
  setDefaults({ spec }) {
    if (spec === undefined) return;
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
    roundResources(spec.capacity);
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  warnings: volumeWarnings,
  columns: [
    nameColumn,
    column('Capacity'),
    column('Access Modes'),
    column('Reclaim Policy'),
    column('Status'),
    column('Claim'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    column('Reason'),
    ageColumn,
    wide('VolumeMode'),
  ],
  cells: (object, now) => [
    object.metadata.name ?? '',
    object.spec.capacity?.['storage'] ?? '',
    accessModesText(object.spec.accessModes),
    object.spec.persistentVolumeReclaimPolicy ?? '',
    object.metadata.deletionTimestamp === undefined ? (object.status?.phase ?? '') : 'Terminating',
    object.spec.claimRef === undefined ? '' : `${object.spec.claimRef.namespace ?? ''}/${object.spec.claimRef.name ?? ''}`,
    object.metadata.annotations?.[betaClass] ?? object.spec.storageClassName ?? '',
    object.spec.volumeAttributesClassName ?? '<unset>',
    object.status?.reason ?? '',
    age(object, now),
    object.spec.volumeMode ?? '<unset>',
  ],
});
