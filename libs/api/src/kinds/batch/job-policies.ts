import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicyRule } from '../../gen/types/batch-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidValue, notSupported, required, tooLong, tooMany } from '../../validation/field-error.ts';
import { checkQualifiedName } from '../../validation/names.ts';
import { each, nonNegative } from '../../validation/values.ts';

/* When a job has failed, and when it has succeeded, as its policies say. */

const rulesMax = 20;
const exitCodesMax = 255;
const conditionsMax = 20;
const indexesLengthMax = 65_536;
const parallelismMax = 100_000;
/** Limits of jobs with more completions than may run side by side. */
const manyIndexesMax = 10_000;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

/** What only jobs with indexes may say, and how much of it. */
export function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { completions, maxFailedIndexes: failed, backoffLimitPerIndex: backoff, parallelism = 0 } = spec;
  if (spec.completionMode !== 'Indexed') {
    return (['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const)
      .filter((field) => spec[field] !== undefined)
      .map((field) => invalidValue(child(path, field), spec[field], 'requires indexed completion mode'));
  }
  if (completions === undefined) errors.push(required(child(path, 'completions'), 'when completion mode is Indexed'));
  if (parallelism > parallelismMax) errors.push(invalidValue(child(path, 'parallelism'), parallelism, `must be less than or equal to ${parallelismMax} when completion mode is Indexed`));
  const field = child(path, 'maxFailedIndexes');
  if (failed !== undefined) {
    if (completions !== undefined && failed > completions) errors.push(invalidValue(field, failed, 'must be less than or equal to completions'));
    if (failed > parallelismMax) errors.push(invalidValue(field, failed, `must be less than or equal to ${parallelismMax}`));
    if (backoff === undefined) errors.push(required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  }
  if ((completions ?? 0) <= parallelismMax || backoff === undefined) return errors;
  const detail = `must be less than or equal to ${manyIndexesMax} when completions are above ${parallelismMax} and used with backoff limit per index`;
  if (failed === undefined) errors.push(required(field, `must be specified when completions is above ${parallelismMax}`));
  if (parallelism > manyIndexesMax) errors.push(invalidValue(child(path, 'parallelism'), parallelism, detail));
  return failed !== undefined && failed > manyIndexesMax ? [...errors, invalidValue(field, failed, detail)] : errors;
}

export function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const here = child(path, 'podFailurePolicy.rules');
  const containers = [...(spec.template.spec?.containers ?? []), ...(spec.template.spec?.initContainers ?? [])].map((c) => c.name);
  const errors = rules.length > rulesMax ? [tooMany(here, rules.length, rulesMax)] : [];
  return [...errors, ...each(rules, here, (rule, at) => validateFailureRule(rule, spec.backoffLimitPerIndex !== undefined, containers, at))];
}

function validateFailureRule(rule: PodFailurePolicyRule, perIndex: boolean, containers: readonly string[], path: string): FieldError[] {
  const { action, onExitCodes } = rule;
  const conditions = rule.onPodConditions ?? [];
  const errors = validateOne(action, actions, child(path, 'action'));
  if (action === 'FailIndex' && !perIndex) errors.push(invalidValue(child(path, 'action'), action, 'requires the backoffLimitPerIndex to be set'));
  if (onExitCodes !== undefined) errors.push(...validateExitCodes(onExitCodes, containers, child(path, 'onExitCodes')));
  const field = child(path, 'onPodConditions');
  if (conditions.length > conditionsMax) errors.push(tooMany(field, conditions.length, conditionsMax));
  errors.push(...each(conditions, field, ({ type, status }, here) => [
    ...checkQualifiedName(type ?? '').map((e) => invalidValue(child(here, 'type'), type ?? '', e)),
    ...validateOne(status, ['False', 'True', 'Unknown'], child(here, 'status')),
  ]));
  if (onExitCodes !== undefined && conditions.length > 0) errors.push(invalidValue(path, '', 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (onExitCodes === undefined && conditions.length === 0) errors.push(invalidValue(path, '', 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function validateOne(value: string | undefined, values: readonly string[], path: string): FieldError[] {
  if ((value ?? '') === '') return [required(path, `valid values: [${values.map((v) => JSON.stringify(v)).join(' ')}]`)];
  return values.includes(value ?? '') ? [] : [notSupported(path, value, values)];
}

function validateExitCodes({ operator, values = [], containerName }: Partial<PodFailurePolicyOnExitCodesRequirement>, containers: readonly string[], path: string): FieldError[] {
  const errors = validateOne(operator, ['In', 'NotIn'], child(path, 'operator'));
  if (containerName !== undefined && !containers.includes(containerName)) {
    errors.push(invalidValue(child(path, 'containerName'), containerName, 'must be one of the container or initContainer names in the pod template'));
  }
  const field = child(path, 'values');
  if (values.length === 0) errors.push(invalidValue(field, values, 'at least one value is required'));
  if (values.length > exitCodesMax) errors.push(tooMany(field, values.length, exitCodesMax));
  values.forEach((value, i) => {
    if (values.indexOf(value) < i) errors.push(duplicate(at(field, i), value));
    if (operator === 'In' && value === 0) errors.push(invalidValue(at(field, i), value, 'must not be 0 for the In operator'));
  });
  return values.some((value, i) => i > 0 && value < (values[i - 1] ?? value)) ? [...errors, invalidValue(field, values, 'must be ordered')] : errors;
}

export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  if (spec.successPolicy === undefined) return [];
  const rules = spec.successPolicy.rules ?? [];
  const here = child(path, 'successPolicy.rules');
  if (rules.length === 0) return [required(here, 'at least one rules must be specified when the successPolicy is specified')];
  const errors = rules.length > rulesMax ? [tooMany(here, rules.length, rulesMax)] : [];
  return [...errors, ...each(rules, here, (rule, at) => validateSuccessRule(rule, spec.completions ?? 0, at))];
}

function validateSuccessRule({ succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule, completions: number, path: string): FieldError[] {
  if (count === undefined && indexes === undefined) return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  const errors: FieldError[] = [];
  let total: number | undefined;
  const field = child(path, 'succeededIndexes');
  if (indexes !== undefined && indexes.length > indexesLengthMax) errors.push(tooLong(field, indexesLengthMax));
  else if (indexes !== undefined) {
    const counted = countIndexes(indexes, completions);
    if (typeof counted === 'string') errors.push(invalidValue(field, indexes, `error parsing succeededIndexes: ${counted}`));
    else total = counted;
  }
  if (count === undefined) return errors;
  const here = child(path, 'succeededCount');
  errors.push(...nonNegative(count, here));
  if (count > completions) errors.push(invalidValue(here, count, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (total !== undefined && count > total) errors.push(invalidValue(here, count, `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`));
  return errors;
}

/** How many indexes a text as `1,3-5` has, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let last: number | undefined;
  let total = 0;
  for (const fragment of text.split(',')) {
    const parts = fragment.split('-');
    if (parts.length > 2) return `the fragment ${JSON.stringify(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const first = last;
    let from: number | undefined;
    for (const part of parts) {
      if (!/^\d{1,10}$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`;
      const index = Number(part);
      if (index >= completions) return `too large index: ${JSON.stringify(part)}`;
      if (last !== undefined && index <= last) return `non-increasing order, previous: ${last}, current: ${index}`;
      from ??= index;
      last = index;
    }
    if (last !== first) total += (last ?? 0) - (from ?? 0) + 1;
  }
  return total;
}
