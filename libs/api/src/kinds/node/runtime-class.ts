import type { RuntimeClass } from '../../gen/types/node-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { immutable } from '../../validation/values.ts';
import { requiredChecked } from '../../validation/values.ts';
import { checkDns1123Label } from '../../validation/names.ts';

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  storageVersionHash: 'WQTu1GL3T2Q=',
  validate: (object) => requiredChecked(object.handler, 'handler', checkDns1123Label),
  validateUpdate: (object, old) => immutable(object.handler, old.handler, 'handler'),
  columns: [nameColumn, column('Handler'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.handler, age(object, now)],
});
