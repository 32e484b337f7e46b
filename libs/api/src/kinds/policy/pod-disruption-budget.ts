import type { PodDisruptionBudget } from '../../gen/types/policy-v1.ts';
import { defineKind } from '../define-kind.ts';

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'EVWiDmWqyJw=',
});
