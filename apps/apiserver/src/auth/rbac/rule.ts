import type { PolicyRule } from '@rhythm/api/types/rbac-v1';
import type { RequestAttributes } from '../../ports/types.ts';

/** What of a request a rule looks at. */
export type RuleRequest = Pick<RequestAttributes, 'verb' | 'isResource' | 'path' | 'group' | 'resource' | 'subresource' | 'name'>;

/** Whether one RBAC rule allows a request (rbac/v1 PolicyRule). */
export function ruleAllows(rule: PolicyRule, request: RuleRequest): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false;
  if (!request.isResource) return pathMatches(rule.nonResourceURLs, request.path);
  return hasOrAll(rule.apiGroups, request.group) && resourceMatches(rule.resources, request.resource, request.subresource) && nameMatches(rule.resourceNames, request.name);
}

function hasOrAll(items: readonly string[] | undefined, wanted: string): boolean {
  return items !== undefined && (items.includes('*') || items.includes(wanted));
}

/** `*` is everything, `*` before `/status` that subresource of everything; `pods` is not `pods/log`. */
export function resourceMatches(rules: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (rules === undefined) return false;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return rules.some((rule) => rule === '*' || rule === combined || (subresource !== '' && rule === `*/${subresource}`));
}

/** A rule with names says nothing about requests that name no object, such as create. */
function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name);
}

/** `*` is every path; a trailing `*` is a prefix. */
export function pathMatches(rules: readonly string[] | undefined, path: string): boolean {
  return rules?.some((rule) => rule === '*' || rule === path || (rule.endsWith('*') && path.startsWith(rule.slice(0, -1)))) === true;
}

/** A rule as Kubernetes prints it in refusals. */
export function ruleText(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (name: string, items: readonly string[] | undefined): void => {
    if (items !== undefined && items.length > 0) parts.push(`${name}:[${items.map((item) => JSON.stringify(item)).join(' ')}]`);
  };
  add('APIGroups', rule.apiGroups);
  add('Resources', rule.resources);
  add('ResourceNames', rule.resourceNames);
  add('NonResourceURLs', rule.nonResourceURLs);
  add('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}
