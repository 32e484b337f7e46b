import type { RuntimeClass } from '../../gen/types/node-v1.ts';
import { defineKind } from '../define-kind.ts';

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  storageVersionHash: 'WQTu1GL3T2Q=',
});
