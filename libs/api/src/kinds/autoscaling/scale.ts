import type { Scale } from '../../gen/types/autoscaling-v1.ts';
import { defineKind } from '../define-kind.ts';

export const scale = defineKind<Scale>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  namespaced: true,
  verbs: [],
});
