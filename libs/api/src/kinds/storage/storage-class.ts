import type { StorageClass } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { forbidden } from '../../validation/field-error.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { immutable } from '../../validation/values.ts';
import { oneOf, requiredChecked } from '../../validation/values.ts';

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  storageVersionHash: 'K+m6uJwbjGY=',
  validate: (object) => [
    ...requiredChecked(object.provisioner, 'provisioner'),
    ...oneOf(object.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']),
    ...oneOf(object.volumeBindingMode, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer'], 'required'),
  ],
  validateUpdate: (object, old) => [
    ...(['parameters', 'provisioner', 'reclaimPolicy'] as const)
      .filter((field) => !semanticEqual(object[field], old[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
    ...immutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode'),
  ],
  columns: [nameColumn, column('Provisioner'), column('ReclaimPolicy'), column('VolumeBindingMode'), column('AllowVolumeExpansion'), ageColumn],
  cells: (object, now) => [shownName(object), object.provisioner, object.reclaimPolicy ?? 'Delete', object.volumeBindingMode ?? 'Immediate', object.allowVolumeExpansion ?? false, age(object, now)],
});

/** The default class says so behind its name. */
function shownName(object: StorageClass): string {
  const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return `${object.metadata.name ?? ''}${isDefault ? ' (default)' : ''}`;
}
