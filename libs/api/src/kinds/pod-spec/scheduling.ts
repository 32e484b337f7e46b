import type { Affinity, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, Toleration, TopologySpreadConstraint } from '../../gen/types/core-v1.ts';
import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidEach, invalidValue, notSupported, ofEach, required, together } from '../../validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkLabelKey, checkLabelValue } from '../../validation/names.ts';
import { checked, each, oneOf } from '../../validation/values.ts';

const reactions = ['DoNotSchedule', 'ScheduleAnyway'];
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Taints that a pod puts up with. */
export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: string): FieldError[] {
  return each(tolerations, path, validateToleration);
}

export function validateToleration(toleration: Toleration, path: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  const errors = checked(key, child(path, 'key'), checkLabelKey);
  const operatorPath = child(path, 'operator');
  if (key === '' && operator !== 'Exists') {
    errors.push(invalidValue(operatorPath, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') errors.push(invalidValue(child(path, 'effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (operator === '' || operator === 'Equal') {
    const wrong = checkLabelValue(value);
    if (wrong.length > 0) errors.push(invalidValue(operatorPath, value, wrong.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '') errors.push(invalidValue(operatorPath, value, "value must be empty when `operator` is 'Exists'"));
  } else errors.push(notSupported(operatorPath, operator, operator === 'Lt' || operator === 'Gt' ? ['Equal', 'Exists', 'Lt', 'Gt'] : ['Equal', 'Exists']));
  return together(errors, oneOf(effect, child(path, 'effect'), effects));
}

/** Where a pod likes to run, and beside what. */
export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const errors: FieldError[] = [];
  const node = child(path, 'nodeAffinity');
  const requiredTerms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (requiredTerms !== undefined) errors.push(...validateNodeSelectorTerms(requiredTerms.nodeSelectorTerms, child(node, 'requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms')));
  for (const [i, term] of (affinity.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const here = at(child(node, 'preferredDuringSchedulingIgnoredDuringExecution'), i);
    errors.push(...validateWeight(term.weight, here), ...validateTerm(term.preference ?? {}, child(here, 'preference'), 'any value'));
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const here = child(path, kind);
    for (const [i, term] of (affinity[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      errors.push(...validatePodTerm(term, at(child(here, 'requiredDuringSchedulingIgnoredDuringExecution'), i)));
    }
    for (const [i, weighted] of (affinity[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const item = at(child(here, 'preferredDuringSchedulingIgnoredDuringExecution'), i);
      errors.push(...validateWeight(weighted.weight, item), ...validatePodTerm(weighted.podAffinityTerm, child(item, 'podAffinityTerm')));
    }
  }
  return errors;
}

/** The terms of a node selector, of which at least one must be there. */
export function validateNodeSelectorTerms(terms: readonly NodeSelectorTerm[] | undefined, path: string): FieldError[] {
  if ((terms ?? []).length === 0) return [required(path, 'must have at least one node selector term')];
  return ofEach(terms, (term, i) => validateTerm(term, at(path, i)));
}

/** What is only wished for may name values that no label can have: it is not met then. */
function validateTerm(term: NodeSelectorTerm, path: string, values: 'label values' | 'any value' = 'label values'): FieldError[] {
  return together(
    ofEach(term.matchExpressions, (r, i) => validateNodeRequirement(r, at(child(path, 'matchExpressions'), i), values)),
    ofEach(term.matchFields, (r, i) => validateNodeField(r, at(child(path, 'matchFields'), i))),
  );
}

function validateNodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string, allowed: 'label values' | 'any value'): FieldError[] {
  const errors: FieldError[] = [];
  const field = child(path, 'values');
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(field, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) errors.push(required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalidValue(child(path, 'operator'), operator, 'not a valid selector operator'));
  errors.push(...invalidEach(checkLabelKey(key ?? ''), child(path, 'key'), key ?? ''));
  if (allowed === 'label values') values.forEach((value, i) => errors.push(...invalidEach(checkLabelValue(value), at(field, i), value)));
  return errors;
}

function validateNodeField({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalidValue(child(path, 'operator'), operator, 'not a valid selector operator'));
  else if (values.length !== 1) errors.push(required(child(path, 'values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  if (key !== 'metadata.name') return [...errors, invalidValue(child(path, 'key'), key, 'not a valid field selector key')];
  return together(errors, each(values, child(path, 'values'), (value, here) => invalidEach(checkDns1123Subdomain(value), here, value)));
}

function validatePodTerm(term: PodAffinityTerm, path: string): FieldError[] {
  return together(
    validateLabelSelector(term.labelSelector, child(path, 'labelSelector')),
    validateLabelSelector(term.namespaceSelector, child(path, 'namespaceSelector')),
    ofEach(term.namespaces, (name) => invalidEach(checkDns1123Label(name), child(path, 'namespace'), name)),
    validateTermKeys(term, path),
    validateTopologyKey(term.topologyKey, child(path, 'topologyKey')),
  );
}

function validateTopologyKey(key: string | undefined, path: string): FieldError[] {
  const empty = (key ?? '') === '' ? [required(path, 'can not be empty')] : [];
  return together(empty, invalidEach(checkLabelKey(key ?? ''), path, key ?? ''));
}

/** Keys whose values the pod's own labels give (KEP-3633). */
function validateTermKeys({ matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: PodAffinityTerm, path: string): FieldError[] {
  const field = child(path, 'matchLabelKeys');
  const unlike = new Set(mismatchLabelKeys);
  return together(
    validateLabelKeys(matchLabelKeys, labelSelector, field),
    validateLabelKeys(mismatchLabelKeys, labelSelector, child(path, 'mismatchLabelKeys')),
    alsoSelected(matchLabelKeys, labelSelector, path),
    ofEach(matchLabelKeys, (key, i) => (unlike.has(key) ? [invalidValue(at(field, i), key, 'exists in both matchLabelKeys and mismatchLabelKeys')] : [])),
  );
}

function validateLabelKeys(keys: readonly string[], selector: LabelSelector | undefined, path: string): FieldError[] {
  if (keys.length > 0 && selector === undefined) return [forbidden(path, 'must not be specified when labelSelector is not set')];
  return each(keys, path, (key, here) => invalidEach(checkLabelKey(key), here, key));
}

/** Keys that the selector has besides the requirement that was made of them when the pod was. */
function alsoSelected(keys: readonly string[], selector: LabelSelector | undefined, path: string): FieldError[] {
  if (keys.length === 0) return [];
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}));
  return ofEach(selector?.matchExpressions, ({ key }) => {
    const index = keys.lastIndexOf(key);
    const again = index >= 0 && selected.has(key);
    selected.add(key);
    return again ? [invalidValue(at(path, index), key, 'exists in both matchLabelKeys and labelSelector')] : [];
  });
}

function validateWeight(weight: number, path: string): FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalidValue(child(path, 'weight'), weight, 'must be in the range 1-100')];
}

/** How evenly pods of a kind are to be spread. */
export function validateSpread(constraints: readonly TopologySpreadConstraint[], path: string): FieldError[] {
  if (constraints.length === 0) return [];
  const kinds = constraints.map(({ topologyKey, whenUnsatisfiable }) => `{${topologyKey}, ${whenUnsatisfiable}}`);
  return ofEach(constraints, (constraint, i) => {
    const here = at(path, i);
    const errors = constraint.maxSkew > 0 ? [] : [invalidValue(child(here, 'maxSkew'), constraint.maxSkew, 'must be greater than zero')];
    // Unlike the key of an affinity, any text will do.
    if ((constraint.topologyKey ?? '') === '') errors.push(required(child(here, 'topologyKey'), 'can not be empty'));
    const reaction = (constraint as Partial<TopologySpreadConstraint>).whenUnsatisfiable ?? '';
    if (!reactions.includes(reaction)) errors.push(notSupported(child(here, 'whenUnsatisfiable'), reaction, reactions));
    // Said of the earlier of two that are alike.
    if (kinds.lastIndexOf(kinds[i] ?? '') > i) errors.push(duplicate(child(here, '{topologyKey, whenUnsatisfiable}'), kinds[i]));
    if (constraint.minDomains !== undefined) {
      if (constraint.minDomains <= 0) errors.push(invalidValue(child(here, 'minDomains'), constraint.minDomains, 'must be greater than zero'));
      if (constraint.whenUnsatisfiable !== 'DoNotSchedule') {
        errors.push(invalidValue(child(here, 'minDomains'), constraint.minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${constraint.whenUnsatisfiable}`));
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) errors.push(...oneOf(constraint[field], child(here, field), ['Honor', 'Ignore']));
    const { matchLabelKeys = [], labelSelector } = constraint;
    const keys = child(here, 'matchLabelKeys');
    return together(errors, validateLabelKeys(matchLabelKeys, labelSelector, keys), alsoSelected(matchLabelKeys, labelSelector, here), validateLabelSelector(labelSelector, child(here, 'labelSelector')));
  });
}
