import type { ValidatingAdmissionPolicyBinding } from '../../gen/types/admissionregistration-v1.ts';
import type { LabelSelector } from '../../gen/types/meta-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validatePolicyBinding } from './policy-validation.ts';

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  namespaced: false,
  generationFields: ['spec'],
  storageVersionHash: 'v9715VZqakg=',
  validate: validatePolicyBinding,
  columns: [nameColumn, column('PolicyName'), column('ParamRef'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.spec?.policyName ?? '', paramText(object), age(object, now)],
});

function paramText(object: ValidatingAdmissionPolicyBinding): string {
  const ref = object.spec?.paramRef;
  if ((ref?.name ?? '') === '') return ref?.selector === undefined ? '<unset>' : selectorText(ref.selector);
  // Whether parameters have namespaces cannot be told from here.
  return `${(ref?.namespace ?? '') === '' ? '*' : ref?.namespace}/${ref?.name}`;
}

/** As upstream's own types print themselves. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels).sort().map((key) => `${key}: ${matchLabels[key]},`).join('');
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
