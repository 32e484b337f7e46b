import type { Role } from '../../gen/types/rbac-v1.ts';
import { defineKind } from '../define-kind.ts';
import { checkPathSegment } from '../../validation/names.ts';
import { validateRole } from './validation.ts';

export const role = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  storageVersionHash: '7FuwZcIIItM=',
  checkName: checkPathSegment,
  validate: validateRole,
});
