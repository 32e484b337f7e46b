import type { IngressClass } from '../../gen/types/networking-v1.ts';
import { defineKind } from '../define-kind.ts';

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  generationFields: ['spec'],
  storageVersionHash: 'l/iqIbDgFyQ=',
});
