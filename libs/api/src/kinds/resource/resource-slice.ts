import type { ResourceSlice } from '../../gen/types/resource-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateSlice } from './slice-validation.ts';
import { immutable } from '../../validation/values.ts';

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  namespaced: false,
  generationFields: ['spec'],
  selectableFields: (object) => ({ 'spec.nodeName': object.spec?.nodeName ?? '', 'spec.driver': object.spec?.driver ?? '' }),
  validate: validateSlice,
  validateUpdate: (object, old) => [
    ...immutable(object.spec.driver, old.spec.driver, 'spec.driver'),
    ...immutable(object.spec.pool?.name, old.spec.pool?.name, 'spec.pool.name'),
    ...immutable(object.spec.nodeName, old.spec.nodeName, 'spec.nodeName'),
  ],
  columns: [nameColumn, column('Node'), column('Driver'), column('Pool'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec.nodeName ?? '', object.spec.driver, object.spec.pool?.name ?? '', age(object, now)],
});
