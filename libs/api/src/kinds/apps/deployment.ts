import type { Deployment } from '../../gen/types/apps-v1.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: '8aSe+NMegvE=',
});
