import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicyRule } from '../../gen/types/batch-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidField, invalidValue, notSupported, required, tooLong, tooMany } from '../../validation/field-error.ts';
import { checkQualifiedName } from '../../validation/names.ts';
import { each, nonNegative } from '../../validation/values.ts';
import { countIndexes } from './job-indexes.ts';

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
  if ((spec.completionMode ?? 'NonIndexed') === 'NonIndexed') {
    return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      .filter((field) => spec[field] !== undefined)
      .map((field) => invalidValue(child(path, field), spec[field], 'requires indexed completion mode'));
  }
  if (spec.completionMode !== 'Indexed') return [];
  const errors: FieldError[] = [];
  const { completions, maxFailedIndexes: failed, backoffLimitPerIndex: backoff, parallelism = 0 } = spec;
  const field = child(path, 'maxFailedIndexes');
  if (completions === undefined) errors.push(required(child(path, 'completions'), 'when completion mode is Indexed'));
  if (parallelism > parallelismMax) errors.push(invalidValue(child(path, 'parallelism'), parallelism, `must be less than or equal to ${parallelismMax} when completion mode is Indexed`));
  if (failed !== undefined && completions !== undefined && failed > completions) errors.push(invalidValue(field, failed, 'must be less than or equal to completions'));
  if (failed !== undefined && failed > parallelismMax) errors.push(invalidValue(field, failed, `must be less than or equal to ${parallelismMax}`));
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
  if (onExitCodes !== undefined && conditions.length > 0) errors.push(invalidField(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (onExitCodes === undefined && conditions.length === 0) errors.push(invalidField(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
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
  const seen = new Set<number>();
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0) errors.push(invalidValue(at(field, i), value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(at(field, i), value));
    seen.add(value);
  });
  return values.some((value, i) => i > 0 && value < (values[i - 1] ?? value)) ? [...errors, invalidValue(field, values, 'must be ordered')] : errors;
}

export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  const policy = spec.successPolicy;
  if (policy === undefined) return [];
  if (spec.completionMode !== 'Indexed') return [invalidValue(child(path, 'successPolicy'), { Rules: (policy.rules ?? []).map(innerRule) }, 'requires indexed completion mode')];
  const rules = policy.rules ?? [];
  const here = child(path, 'successPolicy.rules');
  const errors = rules.length === 0 ? [required(here, 'at least one rules must be specified when the successPolicy is specified')] : [];
  if (rules.length > rulesMax) errors.push(tooMany(here, rules.length, rulesMax));
  return [...errors, ...each(rules, here, (rule, at) => validateSuccessRule(rule, spec.completions ?? 0, at))];
}

/** A rule as upstream's errors show it: its inner form, whose fields have no names in JSON. */
function innerRule({ succeededIndexes, succeededCount }: SuccessPolicyRule): object {
  return { SucceededIndexes: succeededIndexes ?? null, SucceededCount: succeededCount ?? null };
}

function validateSuccessRule({ succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule, completions: number, path: string): FieldError[] {
  const errors = count === undefined && indexes === undefined ? [required(path, 'at least one of succeededCount or succeededIndexes must be specified')] : [];
  let total = 0;
  if (indexes !== undefined) {
    const field = child(path, 'succeededIndexes');
    if (indexes.length > indexesLengthMax) errors.push(tooLong(field, indexesLengthMax));
    const counted = countIndexes(indexes, completions);
    if (typeof counted === 'string') errors.push(invalidValue(field, indexes, `error parsing succeededIndexes: ${counted}`));
    else total = counted;
  }
  if (count === undefined) return errors;
  const here = child(path, 'succeededCount');
  errors.push(...nonNegative(count, here));
  if (count > completions) errors.push(invalidValue(here, count, `must be less than or equal to ${completions} (the number of specified completions)`));
  if (indexes !== undefined && count > total) errors.push(invalidValue(here, count, `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`));
  return errors;
}
