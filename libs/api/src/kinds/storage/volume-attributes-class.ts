import type { VolumeAttributesClass } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateAttributesClass, validateClassUpdate } from './validation.ts';

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  namespaced: false,
  storageVersionHash: 'tIjydgKBC5w=',
  validate: validateAttributesClass,
  validateUpdate: (object, old) => validateClassUpdate(object, old, ['driverName', 'parameters']),
  columns: [nameColumn, column('DriverName'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.driverName, age(object, now)],
});
