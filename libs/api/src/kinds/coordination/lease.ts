import type { Lease } from '../../gen/types/coordination-v1.ts';
import { defineKind } from '../define-kind.ts';

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  storageVersionHash: 'gqkMMb/YqFM=',
});
