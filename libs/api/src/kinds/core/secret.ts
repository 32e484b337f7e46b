import type { Secret } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  storageVersionHash: 'S6u1pOWzb84=',
});
