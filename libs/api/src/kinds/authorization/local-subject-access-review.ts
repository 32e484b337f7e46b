import type { LocalSubjectAccessReview } from '../../gen/types/authorization-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';
import { validateLocalAccessReview } from './validation.ts';

export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  namespaced: true,
  verbs: createOnly,
  validate: validateLocalAccessReview,
});
