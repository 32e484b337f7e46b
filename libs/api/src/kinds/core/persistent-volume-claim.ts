import type { PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { accessModesText } from '../access-modes.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { claimWarnings } from '../warnings/others.ts';
import { roundResources } from '../pod-spec-defaults.ts';

const betaClass = 'volume.beta.kubernetes.io/storage-class';
import { validateClaim, validateClaimUpdate } from './storage-validation.ts';

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  status: true,
  storageVersionHash: 'QWTyNDq0dC4=',
  setDefaults(object) {
    roundResources(object.spec?.resources?.requests);
    roundResources(object.spec?.resources?.limits);
    if (object.spec !== undefined) object.spec.volumeMode ??= 'Filesystem';
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
    keepSourcesInStep(object);
  },
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  warnings: claimWarnings,
  columns: [
    nameColumn,
    column('Status'),
    column('Volume'),
    column('Capacity'),
    column('Access Modes'),
    column('StorageClass'),
    column('VolumeAttributesClass'),
    ageColumn,
    wide('VolumeMode'),
  ],
  cells: (object, now) => {
    const bound = (object.spec.volumeName ?? '') !== '';
    return [
      object.metadata.name ?? '',
      object.metadata.deletionTimestamp === undefined ? (object.status?.phase ?? '') : 'Terminating',
      object.spec.volumeName ?? '',
      bound ? (object.status?.capacity?.['storage'] ?? '') : '',
      bound ? accessModesText(object.status?.accessModes) : '',
      object.metadata.annotations?.[betaClass] ?? object.spec.storageClassName ?? '',
      object.spec.volumeAttributesClassName ?? '<unset>',
      age(object, now),
      object.spec.volumeMode ?? '<unset>',
    ];
  },
});

/** The older `dataSource` and the newer `dataSourceRef` say the same unless the latter names a namespace. */
function keepSourcesInStep({ spec }: PersistentVolumeClaim): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  if (dataSource !== undefined || dataSourceRef === undefined || (dataSourceRef.namespace ?? '') !== '') return;
  const group = dataSourceRef.apiGroup ?? '';
  const isClaim = group === '' && dataSourceRef.kind === 'PersistentVolumeClaim';
  const isSnapshot = group === 'snapshot.storage.k8s.io' && dataSourceRef.kind === 'VolumeSnapshot';
  if (!isClaim && !isSnapshot) return;
  spec.dataSource = { apiGroup: dataSourceRef.apiGroup as string, kind: dataSourceRef.kind, name: dataSourceRef.name };
}
