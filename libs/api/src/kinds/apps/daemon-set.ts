import type { DaemonSet } from '../../gen/types/apps-v1.ts';
import { defineKind } from '../define-kind.ts';

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  status: true,
  generationFields: ['spec'],
  storageVersionHash: 'dd7pWHUlMKQ=',
});
