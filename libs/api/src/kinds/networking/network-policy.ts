import type { NetworkPolicy } from '../../gen/types/networking-v1.ts';
import { formatLabelSelector } from '../../selectors/label-selector.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateNetworkPolicy } from './validation.ts';

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  namespaced: true,
  generationFields: ['spec'],
  storageVersionHash: 'YpfwF18m1G8=',
  setDefaults({ spec }) {
    if (spec !== undefined && (spec.policyTypes ?? []).length === 0) spec.policyTypes = (spec.egress ?? []).length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
  },
  validate: validateNetworkPolicy,
  columns: [nameColumn, column('Pod-Selector'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', formatLabelSelector(object.spec?.podSelector), age(object, now)],
});
