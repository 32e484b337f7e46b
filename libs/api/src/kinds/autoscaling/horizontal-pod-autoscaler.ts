import type { HorizontalPodAutoscaler } from '../../gen/types/autoscaling-v2.ts';
import { defineKind } from '../define-kind.ts';

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  status: true,
  storageVersionHash: 'qwQve8ut294=',
});
