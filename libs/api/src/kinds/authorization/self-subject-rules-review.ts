import type { SelfSubjectRulesReview } from '../../gen/types/authorization-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';

export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  namespaced: false,
  verbs: createOnly,
});
