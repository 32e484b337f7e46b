import type { VolumeAttributesClass } from '../../gen/types/storage-v1.ts';
import { defineKind } from '../define-kind.ts';

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  namespaced: false,
  storageVersionHash: 'tIjydgKBC5w=',
});
