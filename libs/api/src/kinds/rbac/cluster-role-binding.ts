import type { ClusterRoleBinding } from '../../gen/types/rbac-v1.ts';
import { age, ageColumn, column, nameColumn, wide } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { subjectCells } from './subject-cells.ts';
import { setBindingDefaults } from './binding-defaults.ts';
import { checkPathSegment } from '../../validation/names.ts';
import { validateBinding, validateBindingUpdate } from './validation.ts';

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  storageVersionHash: '48tpQ8gZHFc=',
  setDefaults: setBindingDefaults,
  checkName: checkPathSegment,
  validate: (object) => validateBinding(object, ['ClusterRole']),
  validateUpdate: validateBindingUpdate,
  columns: [nameColumn, column('Role'), ageColumn, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  cells: (object, now) => [object.metadata.name ?? '', `${object.roleRef.kind}/${object.roleRef.name}`, age(object, now), ...subjectCells(object.subjects)],
});
