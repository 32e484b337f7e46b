import type { ReplicationController } from '../../gen/types/core-v1.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';

export const replicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'Jond2If31h0=',
  storagePrefix: 'controllers',
});
