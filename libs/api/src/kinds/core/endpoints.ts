import type { Endpoints } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  storageVersionHash: 'fWeeMqaN/OA=',
  storagePrefix: 'services/endpoints',
});
