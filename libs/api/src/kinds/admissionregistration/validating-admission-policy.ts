import type { ValidatingAdmissionPolicy } from '../../gen/types/admissionregistration-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validatePolicy } from './policy-validation.ts';

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  namespaced: false,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: '6OxvlMmQ6is=',
  validate: validatePolicy,
  columns: [nameColumn, column('Validations', 'integer'), column('ParamKind'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', (object.spec?.validations ?? []).length, paramKindText(object), age(object, now)],
});

function paramKindText(object: ValidatingAdmissionPolicy): string {
  const kind = object.spec?.paramKind;
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}
