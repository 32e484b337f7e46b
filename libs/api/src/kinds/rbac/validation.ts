import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../gen/types/rbac-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Subdomain, checkPathSegment } from '../../validation/names.ts';
import { checked } from '../../validation/values.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';

const group = 'rbac.authorization.k8s.io';

export function validateRole(object: Role): FieldError[] {
  return (object.rules ?? []).flatMap((rule, i) => validateRule(rule, true, at('rules', i)));
}

export function validateClusterRole(object: ClusterRole): FieldError[] {
  const rules = (object.rules ?? []).flatMap((rule, i) => validateRule(rule, false, at('rules', i)));
  if (object.aggregationRule === undefined) return rules;
  const selectors = object.aggregationRule.clusterRoleSelectors ?? [];
  const path = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0) return [...rules, required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return [...rules, ...selectors.flatMap((selector, i) => validateLabelSelector(selector, at(path, i)))];
}

export function validateBinding(object: RoleBinding | ClusterRoleBinding, kinds: readonly string[]): FieldError[] {
  const { roleRef } = object;
  const errors: FieldError[] = [];
  if (roleRef?.apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', roleRef?.apiGroup ?? '', [group]));
  if (!kinds.includes(roleRef?.kind ?? '')) errors.push(notSupported('roleRef.kind', roleRef?.kind ?? '', kinds));
  if ((roleRef?.name ?? '') === '') errors.push(required('roleRef.name'));
  else errors.push(...checkPathSegment(roleRef.name).map((e) => invalidValue('roleRef.name', roleRef.name, e)));
  return [...errors, ...(object.subjects ?? []).flatMap((subject, i) => validateSubject(subject, at('subjects', i), 'namespace' in object.metadata))];
}

/** A binding keeps its role; to bind another, bind anew. */
export function validateBindingUpdate(object: RoleBinding | ClusterRoleBinding, old: RoleBinding | ClusterRoleBinding): FieldError[] {
  const { apiGroup, kind, name } = object.roleRef;
  // In its inner form, whose fields have no names in JSON.
  return semanticEqual(object.roleRef, old.roleRef) ? [] : [invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')];
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string): FieldError[] {
  const { verbs, apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  const errors: FieldError[] = [];
  if ((verbs ?? []).length === 0) errors.push(required(child(path, 'verbs'), 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const field = child(path, 'nonResourceURLs');
    if (namespaced) errors.push(invalidValue(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length > 0 || resources.length > 0 || (rule.resourceNames ?? []).length > 0) {
      errors.push(invalidValue(field, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (apiGroups.length === 0) errors.push(required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'));
  if (resources.length === 0) errors.push(required(child(path, 'resources'), 'resource rules must supply at least one resource'));
  return errors;
}

function validateSubject(subject: Subject, path: string, namespaced: boolean): FieldError[] {
  const errors = (subject.name ?? '') === '' ? [required(child(path, 'name'))] : [];
  const apiGroup = subject.apiGroup ?? '';
  if (subject.kind === 'ServiceAccount') {
    errors.push(...checked(subject.name, child(path, 'name'), checkDns1123Subdomain));
    if (apiGroup !== '') errors.push(notSupported(child(path, 'apiGroup'), apiGroup, ['']));
    if (!namespaced && (subject.namespace ?? '') === '') errors.push(required(child(path, 'namespace')));
  } else if (subject.kind === 'User' || subject.kind === 'Group') {
    if (apiGroup !== group) errors.push(notSupported(child(path, 'apiGroup'), apiGroup, [group]));
  } else errors.push(notSupported(child(path, 'kind'), subject.kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}
