import type { HorizontalPodAutoscaler } from '../../gen/types/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler as StoredAutoscaler } from '../../gen/types/autoscaling-v2.ts';
import type { KubeObject } from '../../resource.ts';
import { defineKind } from '../define-kind.ts';
import { autoscalerToV1, autoscalerToV2 } from './convert.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './validation.ts';

/** The older view of autoscalers, stored as v2; its table is v2's. */
export const horizontalPodAutoscalerV1 = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  status: true,
  storageVersionHash: 'qwQve8ut294=',
  storedAs: {
    group: 'autoscaling',
    version: 'v2',
    toStored: (object: KubeObject) => autoscalerToV2(object as HorizontalPodAutoscaler),
    fromStored: (object: KubeObject) => autoscalerToV1(object as StoredAutoscaler),
  },
  validate: (object, old) => validateAutoscaler(autoscalerToV2(object), old === undefined ? undefined : autoscalerToV2(old)),
  validateStatusUpdate: (object) => validateAutoscalerStatus(autoscalerToV2(object)),
  columns: horizontalPodAutoscaler.columns,
  cells: (object, now) => horizontalPodAutoscaler.cells(autoscalerToV2(object), now),
});
