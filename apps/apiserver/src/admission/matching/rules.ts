import type { NamedRuleWithOperations } from '@rhythm/api/types/admissionregistration-v1';
import type { AdmissionRequest } from '../../ports/types.ts';

/** A resource in one version, as rules name it. */
export interface Target {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** True when a rule is about this request in the version of `target` (apiserver, webhook/predicates/rules). */
export function ruleMatches(rule: NamedRuleWithOperations, request: AdmissionRequest, target: Target): boolean {
  return (
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, target.group) &&
    has(rule.apiVersions, target.version) &&
    resourceMatches(rule.resources ?? [], target.resource, request.attributes.subresource) &&
    scopeMatches(rule.scope, request) &&
    namesMatch(rule.resourceNames, request)
  );
}

function has(wanted: readonly string[] | undefined, value: string): boolean {
  return wanted?.some((one) => one === '*' || one === value) === true;
}

// `pods`, `pods/status`, `pods/*`, `*`, `*/scale` and `*/*`.
function resourceMatches(wanted: readonly string[], resource: string, subresource: string): boolean {
  return wanted.some((one) => {
    const [name, sub] = one.split('/');
    if (name !== '*' && name !== resource) return false;
    return sub === undefined ? subresource === '' : sub === '*' || sub === subresource;
  });
}

/** A namespace counts as cluster-scoped: it is no object within a namespace. */
function scopeMatches(scope: string | undefined, { kind, attributes }: AdmissionRequest): boolean {
  if (scope === undefined || scope === '' || scope === '*') return true;
  const isNamespaced = kind.namespaced && attributes.namespace !== '';
  return scope === (isNamespaced ? 'Namespaced' : 'Cluster');
}

function namesMatch(names: readonly string[] | undefined, { attributes, object, old }: AdmissionRequest): boolean {
  if (names === undefined || names.length === 0) return true;
  const name = attributes.name !== '' ? attributes.name : ((object ?? old)?.metadata.name ?? '');
  return names.includes(name);
}
