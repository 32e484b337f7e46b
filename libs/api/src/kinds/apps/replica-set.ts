import type { ReplicaSet } from '../../gen/types/apps-v1.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'P1RzHs8/mWQ=',
});
