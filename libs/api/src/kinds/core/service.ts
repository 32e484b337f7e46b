import type { Service } from '../../gen/types/core-v1.ts';
import { defineKind, subresource } from '../define-kind.ts';

export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  subresources: [
    subresource('proxy', 'ServiceProxyOptions', { group: '', version: 'v1' }, ['create', 'delete', 'get', 'patch', 'update']),
  ],
  status: true,
  storageVersionHash: '0/CO1lhkEBI=',
  storagePrefix: 'services/specs',
});
