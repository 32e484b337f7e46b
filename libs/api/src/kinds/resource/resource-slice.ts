import type { ResourceSlice } from '../../gen/types/resource-v1.ts';
import { defineKind } from '../define-kind.ts';

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  namespaced: false,
  generationFields: ['spec'],
});
