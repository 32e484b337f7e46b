import type { StorageClass } from '../../gen/types/storage-v1.ts';
import { defineKind } from '../define-kind.ts';

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  storageVersionHash: 'K+m6uJwbjGY=',
});
