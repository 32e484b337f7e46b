import type { EndpointSlice } from '../../gen/types/discovery-v1.ts';
import { defineKind } from '../define-kind.ts';

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
});
