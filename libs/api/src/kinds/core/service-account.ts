import type { ServiceAccount } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind, subresource } from '../define-kind.ts';
import { serviceAccountWarnings } from '../warnings/others.ts';

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  subresources: [
    subresource('token', 'TokenRequest', { group: 'authentication.k8s.io', version: 'v1' }, ['create']),
  ],
  storageVersionHash: 'pbx9ZvyFpBE=',
  warnings: serviceAccountWarnings,
  columns: [nameColumn, column('Secrets'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.secrets ?? []).length, age(object, now)],
});
