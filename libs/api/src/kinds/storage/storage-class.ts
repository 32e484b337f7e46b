import type { StorageClass } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateClassUpdate, validateStorageClass } from './validation.ts';
import { immutable } from '../../validation/values.ts';
import { storageClassWarnings } from '../warnings/others.ts';

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  storageVersionHash: 'K+m6uJwbjGY=',
  validate: validateStorageClass,
  validateUpdate: (object, old) => [
    ...validateClassUpdate(object, old, ['parameters', 'provisioner', 'reclaimPolicy']),
    ...immutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode'),
  ],
  warnings: storageClassWarnings,
  columns: [nameColumn, column('Provisioner'), column('ReclaimPolicy'), column('VolumeBindingMode'), column('AllowVolumeExpansion'), ageColumn],
  cells: (object, now) => [shownName(object), object.provisioner, object.reclaimPolicy ?? 'Delete', object.volumeBindingMode ?? 'Immediate', object.allowVolumeExpansion ?? false, age(object, now)],
});

/** The default class says so behind its name. */
function shownName(object: StorageClass): string {
  const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return `${object.metadata.name ?? ''}${isDefault ? ' (default)' : ''}`;
}
