import type { ResourceClaim } from '../../gen/types/resource-v1.ts';
import { defineKind } from '../define-kind.ts';

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  namespaced: true,
  status: true,
});
