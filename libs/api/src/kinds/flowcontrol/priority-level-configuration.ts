import type { PriorityLevelConfiguration } from '../../gen/types/flowcontrol-v1.ts';
import { defineKind } from '../define-kind.ts';

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  status: true,
  generationFields: ['spec'],
});
