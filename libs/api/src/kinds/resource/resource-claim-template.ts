import type { ResourceClaimTemplate } from '../../gen/types/resource-v1.ts';
import { age, ageColumn, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { setClaimDefaults } from './claim-defaults.ts';
import { validateClaimTemplate } from './claim-validation.ts';
import { immutable } from '../../validation/values.ts';

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  namespaced: true,
  setDefaults: (object) => setClaimDefaults(object.spec?.spec),
  validate: validateClaimTemplate,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec'),
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', age(object, now)],
});
