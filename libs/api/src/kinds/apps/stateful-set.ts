import type { StatefulSet } from '../../gen/types/apps-v1.ts';
import { defineKind, scaleSubresource } from '../define-kind.ts';

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  subresources: [scaleSubresource],
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'H+vl74LkKdo=',
});
