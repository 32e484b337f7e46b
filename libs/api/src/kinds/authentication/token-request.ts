import type { TokenRequest } from '../../gen/types/authentication-v1.ts';
import { defineKind } from '../define-kind.ts';
import { invalidValue } from '../../validation/field-error.ts';

export const tokenRequest = defineKind<TokenRequest>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  plural: 'tokenrequests',
  namespaced: true,
  verbs: [],
  validate({ spec }) {
    const field = 'spec.expirationSeconds';
    const seconds = spec?.expirationSeconds ?? 3600;
    if (seconds < 600) return [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')];
    return seconds > 2 ** 32 ? [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
  },
});
