import type { PriorityClass } from '../../gen/types/scheduling-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { forbidden } from '../../validation/field-error.ts';
import type { FieldError } from '../../status.ts';
import { immutable, oneOf } from '../../validation/values.ts';

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  storageVersionHash: '1QwjyaZjj3Y=',
  generationFields: [],
  validate: (object) => [...validateValue(object), ...oneOf(object.preemptionPolicy, 'preemptionPolicy', ['PreemptLowerPriority', 'Never'])],
  validateUpdate: (object, old) => [
    ...(object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'),
  ],
  columns: [nameColumn, column('Value', 'integer'), column('Global-Default', 'boolean'), ageColumn, column('PreemptionPolicy')],
  cells: (object, now) => [object.metadata.name ?? '', object.value, object.globalDefault ?? false, age(object, now), object.preemptionPolicy ?? ''],
});

const userValueMax = 1_000_000_000;
const systemPrefix = 'system-';
/** The classes that the system itself makes. */
const systemClasses: ReadonlyMap<string, number> = new Map([['system-node-critical', 2_000_001_000], ['system-cluster-critical', 2_000_000_000]]);

function validateValue({ metadata, value, globalDefault }: PriorityClass): FieldError[] {
  const name = metadata.name ?? '';
  if (!name.startsWith(systemPrefix)) return value > userValueMax ? [forbidden('value', `maximum allowed value of a user defined priority is ${userValueMax}`)] : [];
  const known = systemClasses.get(name);
  const wrong =
    known === undefined ? `${name} is not a known system priority class`
    : value !== known ? `value of ${name} PriorityClass must be ${known}`
    : globalDefault === true ? `globalDefault of ${name} PriorityClass must be false`
    : undefined;
  return wrong === undefined ? [] : [forbidden('metadata.name', `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${wrong}`)];
}
