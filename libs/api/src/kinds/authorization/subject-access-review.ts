import type { SubjectAccessReview } from '../../gen/types/authorization-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';
import { validateAccessReview } from './validation.ts';

export const subjectAccessReview = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
  verbs: createOnly,
  validate: validateAccessReview,
});
