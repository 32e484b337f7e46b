import type { PersistentVolume } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  status: true,
  storageVersionHash: 'HN/zwEC+JgM=',
});
