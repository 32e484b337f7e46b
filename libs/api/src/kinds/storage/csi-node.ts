import type { CSINode } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateCsiNode, validateCsiNodeUpdate } from './validation.ts';

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  storageVersionHash: 'Pe62DkZtjuo=',
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  columns: [nameColumn, column('Drivers', 'integer'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.spec?.drivers ?? []).length, age(object, now)],
});
