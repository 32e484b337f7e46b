import type { Eviction } from '../../gen/types/policy-v1.ts';
import { defineKind } from '../define-kind.ts';

export const eviction = defineKind<Eviction>({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  plural: 'evictions',
  namespaced: true,
  verbs: [],
});
