import type { ValidatingAdmissionPolicy } from '../../gen/types/admissionregistration-v1.ts';
import { defineKind } from '../define-kind.ts';

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
});
