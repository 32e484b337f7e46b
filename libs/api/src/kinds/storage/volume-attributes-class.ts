import type { VolumeAttributesClass } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { forbidden } from '../../validation/field-error.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  namespaced: false,
  storageVersionHash: 'tIjydgKBC5w=',
  validateUpdate: (object, old) =>
    (['driverName', 'parameters'] as const)
      .filter((field) => !semanticEqual(object[field], old[field]))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
  columns: [nameColumn, column('DriverName'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.driverName, age(object, now)],
});
