import type { ComponentStatus } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
});
