import type { ResourceClaim } from '../../gen/types/resource-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { setClaimDefaults } from './claim-defaults.ts';
import { validateClaim, validateClaimStatus } from './claim-validation.ts';
import { immutable } from '../../validation/values.ts';

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  namespaced: true,
  status: true,
  setDefaults: (object) => setClaimDefaults(object.spec),
  validate: validateClaim,
  validateStatusUpdate: validateClaimStatus,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec'),
  columns: [nameColumn, column('State'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', claimState(object), age(object, now)],
});

function claimState(object: ResourceClaim): string {
  const states: string[] = [];
  const deleted = object.metadata.deletionTimestamp !== undefined;
  if (deleted) states.push('deleted');
  if (object.status?.allocation !== undefined) {
    states.push('allocated');
    if ((object.status.reservedFor ?? []).length > 0) states.push('reserved');
  } else if (!deleted) states.push('pending');
  return states.join(',');
}
