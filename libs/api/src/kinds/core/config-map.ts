import type { ConfigMap } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  storageVersionHash: 'qFsyl6wFWjQ=',
});
