import type { Instant } from '@rhythm/base';
import type { CSIDriver } from '../../gen/types/storage-v1.ts';
import { age, ageColumn, column, nameColumn, orNone } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateDriver } from './validation.ts';
import type { Cell } from '../kind.ts';
import { checkCsiDriverName } from '../../validation/names.ts';
import { immutable } from '../../validation/values.ts';

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  storageVersionHash: 'hL6j/rwBV5w=',
  checkName: checkCsiDriverName,
  validate: validateDriver,
  validateUpdate: (object, old) => [
    ...immutable(object.spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired'),
    ...immutable(object.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
  ],
  // Unlike others it begins without a count.
  countChanges: ['spec'],
  columns: [nameColumn, column('AttachRequired', 'boolean'), column('PodInfoOnMount', 'boolean'), column('StorageCapacity', 'boolean'), column('TokenRequests'), column('RequiresRepublish', 'boolean'), column('Modes'), ageColumn],
  cells: (object, now) => driverCells(object, now),
});

function driverCells(object: CSIDriver, now: Instant): Cell[] {
  const { spec } = object;
  const audiences = (spec.tokenRequests ?? []).map((request) => request.audience).join(',');
  return [
    object.metadata.name ?? '',
    spec.attachRequired ?? true,
    spec.podInfoOnMount ?? false,
    spec.storageCapacity ?? false,
    audiences === '' ? '<unset>' : audiences,
    spec.requiresRepublish ?? false,
    orNone((spec.volumeLifecycleModes ?? []).join(',')),
    age(object, now),
  ];
}
