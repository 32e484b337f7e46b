import type { HorizontalPodAutoscaler } from '../../gen/types/autoscaling-v2.ts';
import { defineKind } from '../define-kind.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { metricsText } from './metrics-text.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './validation.ts';

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
  setDefaults(object) {
    if ((object.spec?.metrics ?? []).length === 0 && object.spec !== undefined) {
      object.spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    }
    setBehaviorDefaults(object);
  },
  validate: validateAutoscaler,
  validateStatusUpdate: validateAutoscalerStatus,
  columns: [nameColumn, column('Reference'), column('Targets'), column('MinPods'), column('MaxPods'), column('Replicas'), ageColumn],
  cells: (object, now) => [
    object.metadata.name ?? '',
    `${object.spec.scaleTargetRef?.kind ?? ''}/${object.spec.scaleTargetRef?.name ?? ''}`,
    metricsText(object),
    String(object.spec.minReplicas ?? '<unset>'),
    object.spec.maxReplicas,
    object.status?.currentReplicas ?? 0,
    age(object, now),
  ],
});

/** How fast it may scale, where something is said about it at all. */
function setBehaviorDefaults(object: HorizontalPodAutoscaler): void {
  const behavior = object.spec?.behavior;
  if (behavior === undefined) return;
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }], ...behavior.scaleDown };
}
