import type { CustomResourceDefinition } from '../../gen/types/apiextensions-v1.ts';
import { defineKind } from '../define-kind.ts';

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'M5uH+AlWATY=',
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
});
