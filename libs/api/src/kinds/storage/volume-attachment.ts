import type { VolumeAttachment } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateAttachment, validateAttachmentStatus } from './validation.ts';
import { immutable } from '../../validation/values.ts';

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  status: true,
  storageVersionHash: 'tJx/ezt6UDU=',
  validate: validateAttachment,
  validateStatusUpdate: validateAttachmentStatus,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec'),
  columns: [nameColumn, { ...column('Attacher'), format: 'name' }, column('PV'), column('Node'), column('Attached', 'boolean'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec.attacher, object.spec.source?.persistentVolumeName ?? '', object.spec.nodeName, object.status?.attached ?? false, age(object, now)],
});
