import type { SelfSubjectAccessReview } from '../../gen/types/authorization-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';
import { validateSelfAccessReview } from './validation.ts';

export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
  verbs: createOnly,
  validate: validateSelfAccessReview,
});
