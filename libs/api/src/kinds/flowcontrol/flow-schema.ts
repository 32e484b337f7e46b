import type { FlowSchema } from '../../gen/types/flowcontrol-v1.ts';
import { defineKind } from '../define-kind.ts';

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  status: true,
  generationFields: ['spec'],
});
