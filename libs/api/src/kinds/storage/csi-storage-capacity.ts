import type { CSIStorageCapacity } from '../../gen/types/storage-v1.ts';
import { column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateStorageCapacity } from './validation.ts';
import { immutable } from '../../validation/values.ts';
import { storageCapacityWarnings } from '../warnings/others.ts';

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  namespaced: true,
  storageVersionHash: 'xeVl+2Ly1kE=',
  validate: validateStorageCapacity,
  validateUpdate: (object, old) => [
    ...immutable(object.nodeTopology, old.nodeTopology, 'nodeTopology'),
    ...immutable(object.storageClassName, old.storageClassName, 'storageClassName'),
  ],
  warnings: storageCapacityWarnings,
  columns: [nameColumn, column('StorageClassName'), column('Capacity')],
  cells: (object) => [object.metadata.name ?? '', object.storageClassName, object.capacity ?? '<unset>'],
});
