import type { DeviceClass } from '../../gen/types/resource-v1.ts';
import { age, ageColumn, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateDeviceClass } from './claim-validation.ts';

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  namespaced: false,
  validate: validateDeviceClass,
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', age(object, now)],
});
