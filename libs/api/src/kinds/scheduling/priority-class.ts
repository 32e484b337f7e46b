import type { PriorityClass } from '../../gen/types/scheduling-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { forbidden } from '../../validation/field-error.ts';
import { immutable } from '../../validation/values.ts';

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  storageVersionHash: '1QwjyaZjj3Y=',
  generationFields: [],
  validate(object) {
    const highest = 1_000_000_000;
    const system = (object.metadata.name ?? '').startsWith('system-');
    if (system || object.value <= highest) return [];
    return [forbidden('value', `maximum allowed value of a user defined priority is ${highest}`)];
  },
  validateUpdate: (object, old) => [
    ...(object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'),
  ],
  columns: [nameColumn, column('Value', 'integer'), column('Global-Default', 'boolean'), ageColumn, column('PreemptionPolicy')],
  cells: (object, now) => [object.metadata.name ?? '', object.value, object.globalDefault ?? false, age(object, now), object.preemptionPolicy ?? ''],
});
