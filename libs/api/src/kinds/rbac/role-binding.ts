import type { RoleBinding } from '../../gen/types/rbac-v1.ts';
import { defineKind } from '../define-kind.ts';

export const roleBinding = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  storageVersionHash: 'eGsCzGH6b1g=',
});
