import type { Scale } from '../../gen/types/autoscaling-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { nonNegative } from '../../validation/values.ts';

export const scale = defineKind<Scale>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  namespaced: true,
  verbs: [],
  validate: (object) => nonNegative(object.spec?.replicas, 'spec.replicas'),
  columns: [nameColumn, column('Desired', 'integer'), column('Available', 'integer'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec?.replicas ?? 0, object.status?.replicas ?? 0, age(object, now)],
});
