import type { ServiceCIDR } from '../../gen/types/networking-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateServiceCidr } from './validation.ts';
import { immutable } from '../../validation/values.ts';

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  status: true,
  storageVersionHash: 'gNLvruQhW2g=',
  validate: validateServiceCidr,
  validateUpdate: (object, old) => immutable(object.spec?.cidrs, old.spec?.cidrs, 'spec.cidrs'),
  columns: [nameColumn, column('CIDRs'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.spec?.cidrs ?? []).join(','), age(object, now)],
});
