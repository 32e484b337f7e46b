import type { TokenRequest } from '../../gen/types/authentication-v1.ts';
import { defineKind } from '../define-kind.ts';

export const tokenRequest = defineKind<TokenRequest>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  plural: 'tokenrequests',
  namespaced: true,
  verbs: [],
});
