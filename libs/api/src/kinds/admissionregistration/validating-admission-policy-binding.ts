import type { ValidatingAdmissionPolicyBinding } from '../../gen/types/admissionregistration-v1.ts';
import { defineKind } from '../define-kind.ts';

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  namespaced: false,
  generationFields: ['spec'],
  storageVersionHash: 'v9715VZqakg=',
});
