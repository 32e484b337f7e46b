import type { CSIDriver } from '../../gen/types/storage-v1.ts';
import { defineKind } from '../define-kind.ts';

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  storageVersionHash: 'hL6j/rwBV5w=',
});
