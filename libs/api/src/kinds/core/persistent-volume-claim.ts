import type { PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  status: true,
  storageVersionHash: 'QWTyNDq0dC4=',
});
