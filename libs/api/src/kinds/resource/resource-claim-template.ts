import type { ResourceClaimTemplate } from '../../gen/types/resource-v1.ts';
import { defineKind } from '../define-kind.ts';

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  namespaced: true,
});
