import type { ResourceQuota } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
  status: true,
  storageVersionHash: '8uhSgffRX6w=',
});
