import type { ServiceCIDR } from '../../gen/types/networking-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  status: true,
  storageVersionHash: 'gNLvruQhW2g=',
  columns: [nameColumn, column('CIDRs'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.spec?.cidrs ?? []).join(','), age(object, now)],
});
