import { selfSubjectReview } from './self-subject-review.ts';
import { tokenRequest } from './token-request.ts';
import { tokenReview } from './token-review.ts';
import type { KindDefinition } from '../kind.ts';

export const authenticationKinds: readonly KindDefinition[] = [
  selfSubjectReview,
  tokenRequest,
  tokenReview,
];
