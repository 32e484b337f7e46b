import type { ClusterRoleBinding, RoleBinding } from '../../gen/types/rbac-v1.ts';

const group = 'rbac.authorization.k8s.io';

/** The API group of roles, and of subjects that are not service accounts. */
export function setBindingDefaults(object: RoleBinding | ClusterRoleBinding): void {
  if (object.roleRef !== undefined) object.roleRef.apiGroup ||= group;
  for (const subject of object.subjects ?? []) {
    if ((subject.kind === 'User' || subject.kind === 'Group') && (subject.apiGroup ?? '') === '') subject.apiGroup = group;
  }
}
