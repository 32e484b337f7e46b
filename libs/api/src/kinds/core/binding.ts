import type { Binding } from '../../gen/types/core-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';

export const binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
  verbs: createOnly,
});
