import type { ResourceQuota } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateQuota, validateQuotaStatus } from './quota-validation.ts';
import { immutable } from '../../validation/values.ts';

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
  status: true,
  storageVersionHash: '8uhSgffRX6w=',
  validate: validateQuota,
  validateStatusUpdate: validateQuotaStatus,
  validateUpdate: (object, old) => immutable([...(object.spec?.scopes ?? [])].sort(), [...(old.spec?.scopes ?? [])].sort(), 'spec.scopes'),
  columns: [nameColumn, column('Request'), column('Limit'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', quotaText(object, false), quotaText(object, true), age(object, now)],
});

/** `pods: 1/10, …` of the limits, or of everything else. */
function quotaText(object: ResourceQuota, limits: boolean): string {
  const hard = object.status?.hard ?? {};
  const names = Object.keys(hard).filter((name) => name.startsWith('limits') === limits);
  return names.sort().map((name) => `${name}: ${object.status?.used?.[name] ?? '0'}/${hard[name] ?? '0'}`).join(', ');
}
