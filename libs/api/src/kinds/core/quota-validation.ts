import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidValue, required } from '../../validation/field-error.ts';
import { checkQuotaName, isQuotaName, validateAmount } from './resource-names.ts';

const podNames = ['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Scopes, and the resources that can be counted within each. */
const scopes: ReadonlyMap<string, readonly string[]> = new Map([
  ['BestEffort', ['pods']],
  ['NotBestEffort', podNames],
  ['Terminating', podNames],
  ['NotTerminating', podNames],
  ['PriorityClass', podNames],
  ['CrossNamespacePodAffinity', podNames],
  ['VolumeAttributesClass', ['persistentvolumeclaims', 'requests.storage']],
]);
const conflicts = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const;
/** Scopes that are or are not, without a value. */
const withoutValue = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];

export function validateQuota({ spec }: ResourceQuota): FieldError[] {
  const hard = spec?.hard ?? {};
  return [...validateAmounts(hard, 'spec.hard'), ...validateScopes(spec?.scopes ?? [], hard), ...validateSelector(spec ?? {})];
}

export function validateQuotaStatus({ status }: ResourceQuota): FieldError[] {
  return [...validateAmounts(status?.hard ?? {}, 'status.hard'), ...validateAmounts(status?.used ?? {}, 'status.used')];
}

type Amounts = Readonly<Record<string, string>>;

function validateAmounts(amounts: Amounts, path: string): FieldError[] {
  return Object.entries(amounts).flatMap(([name, text]) => [...checkQuotaName(name).map((e) => invalidValue(at(path, name), name, e)), ...validateAmount(name, text, at(path, name))]);
}

function validateScopes(given: readonly string[], hard: Amounts): FieldError[] {
  const path = 'spec.scopes';
  const errors = given.flatMap((scope) => [...(scopes.has(scope) ? [] : ['unsupported scope']), ...uncounted(scope, hard)].map((e) => invalidValue(path, given, e)));
  return [...errors, ...conflictsOf(given).map((e) => invalidValue(path, given, e))];
}

/** A complaint for each resource that is not counted within a scope. */
function uncounted(scope: string, hard: Amounts): string[] {
  const counted = scopes.get(scope);
  return counted === undefined ? [] : Object.keys(hard).filter((name) => isQuotaName(name) && !counted.includes(name)).map(() => 'unsupported scope applied to resource');
}

function conflictsOf(given: readonly string[]): string[] {
  return conflicts.filter((pair) => pair.every((scope) => given.includes(scope))).map(() => 'conflicting scopes');
}

function validateSelector({ scopeSelector, scopes: given, hard = {} }: ResourceQuotaSpec): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements = scopeSelector?.matchExpressions ?? [];
  // The selector in its inner form, whose fields have no names in JSON.
  const shown = { MatchExpressions: requirements.map(({ scopeName, operator, values }) => ({ ScopeName: scopeName, Operator: operator, Values: values ?? null })) };
  const errors = requirements.flatMap((requirement) => [
    ...(scopes.has(requirement.scopeName) ? [] : [invalidValue(child(path, 'scopeName'), requirement.scopeName, 'unsupported scope')]),
    ...uncounted(requirement.scopeName, hard).map((e) => invalidValue(path, shown, e)),
    ...validateRequirement(requirement, path),
  ]);
  return [...errors, ...conflictsOf(requirements.map((r) => r.scopeName)).map((e) => invalidValue(path, given ?? null, e))];
}

function validateRequirement({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (withoutValue.includes(scopeName) && operator !== 'Exists') {
    const names = 'ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';
    errors.push(invalidValue(child(path, 'operator'), operator, `must be 'Exist' when scope is any of ${names}`));
  }
  const field = child(path, 'values');
  if (operator === 'In' || operator === 'NotIn') {
    return values.length > 0 ? errors : [...errors, required(field, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")];
  }
  if (operator !== 'Exists' && operator !== 'DoesNotExist') return [...errors, invalidValue(child(path, 'operator'), operator, 'not a valid selector operator')];
  return values.length === 0 ? errors : [...errors, invalidValue(field, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")];
}
