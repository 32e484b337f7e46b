import type { SelfSubjectReview } from '../../gen/types/authentication-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';

export const selfSubjectReview = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
  verbs: createOnly,
});
