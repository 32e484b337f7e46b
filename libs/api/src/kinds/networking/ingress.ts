import type { Ingress } from '../../gen/types/networking-v1.ts';
import { defineKind } from '../define-kind.ts';

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: '39NQlfNR+bo=',
  storagePrefix: 'ingress',
});
