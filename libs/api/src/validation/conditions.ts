import type { Condition } from '../gen/types/meta-v1.ts';
import type { FieldError } from '../status.ts';
import { child, duplicate, invalidEach, invalidValue, notSupported, required, tooLong } from './field-error.ts';
import { byteLength, checkConditionReason, checkQualifiedName } from './names.ts';
import { each } from './values.ts';

const reasonBytesMax = 1024;
const messageBytesMax = 32 * 1024;
const statuses = ['False', 'True', 'Unknown'];

/** What is wrong with conditions of the common form, one for each type (apimachinery, meta/v1/validation ValidateConditions). */
export function validateConditions(conditions: readonly Condition[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return each(conditions, path, (condition, here) => {
    const type = condition.type ?? '';
    const errors = seen.has(type) ? [duplicate(child(here, 'type'), type)] : [];
    seen.add(type);
    return [...errors, ...validateCondition(condition, here)];
  });
}

function validateCondition({ type = '', status = '', observedGeneration = 0, lastTransitionTime = '', reason = '', message = '' }: Partial<Condition>, path: string): FieldError[] {
  const field = child(path, 'reason');
  return [
    ...invalidEach(checkQualifiedName(type), child(path, 'type'), type),
    ...(statuses.includes(status) ? [] : [notSupported(child(path, 'status'), status, statuses)]),
    ...(observedGeneration < 0 ? [invalidValue(child(path, 'observedGeneration'), observedGeneration, 'must be greater than or equal to zero')] : []),
    ...(lastTransitionTime === '' ? [required(child(path, 'lastTransitionTime'), 'must be set')] : []),
    ...(reason === '' ? [required(field, 'must be set')] : invalidEach(checkConditionReason(reason), field, reason)),
    ...(byteLength(reason) > reasonBytesMax ? [tooLong(field, reasonBytesMax)] : []),
    ...(byteLength(message) > messageBytesMax ? [tooLong(child(path, 'message'), messageBytesMax)] : []),
  ];
}
