import type { NetworkPolicy } from '../../gen/types/networking-v1.ts';
import { defineKind } from '../define-kind.ts';

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  namespaced: true,
  generationFields: ['spec'],
  storageVersionHash: 'YpfwF18m1G8=',
});
