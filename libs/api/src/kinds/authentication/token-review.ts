import type { TokenReview } from '../../gen/types/authentication-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';

export const tokenReview = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
  verbs: createOnly,
});
