import type { LimitRange } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  storageVersionHash: 'EBKMFVe6cwo=',
});
