import type { ClusterRole } from '../../gen/types/rbac-v1.ts';
import { defineKind } from '../define-kind.ts';
import { checkPathSegment } from '../../validation/names.ts';
import { validateClusterRole } from './validation.ts';

export const clusterRole = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  storageVersionHash: 'bYE5ZWDrJ44=',
  checkName: checkPathSegment,
  validate: validateClusterRole,
});
