import { clusterRole } from './cluster-role.ts';
import { clusterRoleBinding } from './cluster-role-binding.ts';
import { role } from './role.ts';
import { roleBinding } from './role-binding.ts';
import type { KindDefinition } from '../kind.ts';

export const rbacKinds: readonly KindDefinition[] = [
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
];
