import type { RoleBinding } from '../../gen/types/rbac-v1.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { subjectCells } from './subject-cells.ts';
import { setBindingDefaults } from './binding-defaults.ts';
import { checkPathSegment } from '../../validation/names.ts';
import { validateBinding, validateBindingUpdate } from './validation.ts';

export const roleBinding = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  storageVersionHash: 'eGsCzGH6b1g=',
  setDefaults: setBindingDefaults,
  checkName: checkPathSegment,
  validate: (object) => validateBinding(object, ['Role', 'ClusterRole']),
  validateUpdate: validateBindingUpdate,
  columns: [nameColumn, column('Role'), ageColumn, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  cells: (object, now) => [object.metadata.name ?? '', `${object.roleRef.kind}/${object.roleRef.name}`, age(object, now), ...subjectCells(object.subjects)],
});
