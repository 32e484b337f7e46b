import type { IPAddress } from '../../gen/types/networking-v1.ts';
import { defineKind } from '../define-kind.ts';

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  namespaced: false,
  storageVersionHash: '3f/plJFChNE=',
});
