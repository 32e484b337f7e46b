import type { Lease } from '../../gen/types/coordination-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { nonNegative, positive } from '../../validation/values.ts';

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  storageVersionHash: 'gqkMMb/YqFM=',
  prepareForCreate: dropElection,
  prepareForUpdate: dropElection,
  validate: (object) => [
    ...positive(object.spec?.leaseDurationSeconds, 'spec.leaseDurationSeconds'),
    ...nonNegative(object.spec?.leaseTransitions, 'spec.leaseTransitions'),
  ],
  columns: [nameColumn, column('Holder'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec?.holderIdentity ?? '', age(object, now)],
});

/** Elections that a coordinator decides are an alpha feature, off (KEP-4355). */
function dropElection({ spec }: Lease): void {
  if (spec === undefined) return;
  delete spec.strategy;
  delete spec.preferredHolder;
}
