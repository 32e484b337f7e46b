import type { ValidatingAdmissionPolicyBinding } from '../../gen/types/admissionregistration-v1.ts';
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
  if (ref === undefined) return '<unset>';
  const name = ref.name ?? '';
  return ref.namespace === undefined ? name : `${ref.namespace}/${name}`;
}
