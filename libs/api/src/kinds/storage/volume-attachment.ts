import type { VolumeAttachment } from '../../gen/types/storage-v1.ts';
import { defineKind } from '../define-kind.ts';

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  status: true,
  storageVersionHash: 'tJx/ezt6UDU=',
});
