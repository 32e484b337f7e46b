import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import type { MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../../gen/types/admissionregistration-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { child, invalidValue, notSupported, required, tooMany } from '../../validation/field-error.ts';
import { checkPathSegment, checkQualifiedName } from '../../validation/names.ts';
import { distinct, each, oneOf, requiredChecked } from '../../validation/values.ts';

/* What webhooks and policies have in common: rules of resources, selectors, conditions. */

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const matchConditionsMax = 64;

/** Which requests are meant. */
export function validateRule(rule: RuleWithOperations, path: string): FieldError[] {
  const { apiVersions, scope } = rule;
  return [
    ...validateWild(rule.operations, child(path, 'operations'), 'operations'),
    ...each(rule.operations, child(path, 'operations'), (operation, here) => (operations.includes(operation) ? [] : [notSupported(here, operation, operations)])),
    ...validateWild(rule.apiGroups, child(path, 'apiGroups'), 'API groups'),
    ...validateWild(apiVersions, child(path, 'apiVersions'), 'API versions'),
    ...each(apiVersions, child(path, 'apiVersions'), (version, here) => (version === '' ? [required(here)] : [])),
    ...validateResources(rule.resources ?? [], child(path, 'resources')),
    ...(scope === undefined || ['*', 'Cluster', 'Namespaced'].includes(scope) ? [] : [notSupported(child(path, 'scope'), scope, ['*', 'Cluster', 'Namespaced'])]),
  ];
}

/** A list with something in it, in which `*` stands alone. */
function validateWild(given: readonly string[] | undefined, path: string, what: string): FieldError[] {
  if ((given ?? []).length === 0) return [required(path)];
  return (given ?? []).length > 1 && given?.includes('*') === true ? [invalidValue(path, given, `if '*' is present, must not specify other ${what}`)] : [];
}

function validateResources(resources: readonly string[], path: string): FieldError[] {
  const errors = resources.length === 0 ? [required(path)] : [];
  const allSubresourcesOf = new Set<string>();
  const subresourceOfAll = new Set<string>();
  errors.push(...each(resources, path, (text, here) => {
    if (text === '') return [required(here)];
    const slash = text.indexOf('/');
    if (slash < 0) return [];
    const [resource, sub] = [text.slice(0, slash), text.slice(slash + 1)];
    const wrong = allSubresourcesOf.has(resource) ? [invalidValue(here, text, `if '${resource}/*' is present, must not specify ${text}`)] : [];
    if (subresourceOfAll.has(sub)) wrong.push(invalidValue(here, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === '*') allSubresourcesOf.add(resource);
    if (resource === '*') subresourceOfAll.add(sub);
    return wrong;
  }));
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"));
  const plain = resources.some((text) => text !== '*' && text !== '' && !text.includes('/'));
  if (resources.includes('*') && plain) errors.push(invalidValue(path, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

/** Conditions under which a request is sent: named once each. Whether their expressions compile is the API server's to say. */
export function validateMatchConditions(conditions: readonly MatchCondition[] | undefined, path: string): FieldError[] {
  const count = conditions?.length ?? 0;
  return [
    ...(count > matchConditionsMax ? [tooMany(path, count, matchConditionsMax)] : []),
    ...each(conditions, path, (condition, here) => [
      ...((condition.expression ?? '').trim() === '' ? [required(child(here, 'expression'))] : []),
      ...requiredChecked(condition.name, child(here, 'name'), checkQualifiedName),
    ]),
    ...distinct(conditions, path, (condition) => condition.name, 'name'),
  ];
}

export function validateMatchPolicy(policy: string | undefined, path: string, need: 'required' | 'optional' = 'optional'): FieldError[] {
  return oneOf(policy, child(path, 'matchPolicy'), ['Equivalent', 'Exact'], need);
}

export function validateFailurePolicy(policy: string | undefined, path: string, need: 'required' | 'optional' = 'optional'): FieldError[] {
  return oneOf(policy, child(path, 'failurePolicy'), ['Fail', 'Ignore'], need);
}

/** What a policy or a binding matches. */
export function validateMatchResources(match: MatchResources | undefined, path: string): FieldError[] {
  if (match === undefined) return [];
  return [
    ...validateMatchPolicy(match.matchPolicy, path, 'required'),
    ...validateSelector(match.namespaceSelector, child(path, 'namespaceSelector')),
    ...validateSelector(match.objectSelector, child(path, 'objectSelector')),
    ...each(match.resourceRules, child(path, 'resourceRules'), validateNamedRule),
    ...each(match.excludeResourceRules, child(path, 'excludeResourceRules'), validateNamedRule),
  ];
}

function validateSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  return selector === undefined ? [required(path)] : validateLabelSelector(selector, path);
}

function validateNamedRule(rule: NamedRuleWithOperations, path: string): FieldError[] {
  const field = child(path, 'resourceNames');
  return [
    ...each(rule.resourceNames, field, (name, here) => checkPathSegment(name).map((e) => invalidValue(here, name, e))),
    ...distinct(rule.resourceNames, field, (name) => name),
    ...validateRule(rule, path),
  ];
}
