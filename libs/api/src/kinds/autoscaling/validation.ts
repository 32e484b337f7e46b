import type { HorizontalPodAutoscaler, MetricSpec } from '../../gen/types/autoscaling-v2.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkPathSegment } from '../../validation/names.ts';
import { oneOf, requiredChecked } from '../../validation/values.ts';

const sources: Readonly<Record<string, keyof MetricSpec>> = {
  Object: 'object', Pods: 'pods', Resource: 'resource', ContainerResource: 'containerResource', External: 'external',
};

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, maxReplicas, scaleTargetRef: target } = spec;
  if (minReplicas !== undefined && minReplicas < 1) errors.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if ((maxReplicas ?? 0) < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than 0'));
  if (minReplicas !== undefined && (maxReplicas ?? 0) < minReplicas) {
    errors.push(invalidValue('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than or equal to `minReplicas`'));
  }
  errors.push(
    ...requiredChecked(target?.kind, 'spec.scaleTargetRef.kind', checkPathSegment),
    ...requiredChecked(target?.name, 'spec.scaleTargetRef.name', checkPathSegment),
    ...(spec.metrics ?? []).flatMap((metric, i) => validateMetric(metric, at('spec.metrics', i))),
  );
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    const rules = spec.behavior?.[direction];
    const window = rules?.stabilizationWindowSeconds;
    const path = `spec.behavior.${direction}`;
    if (window !== undefined && (window < 0 || window > 3600)) errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, window < 0 ? 'must be greater than or equal to zero' : 'must be less than or equal to 3600'));
    errors.push(...oneOf(rules?.selectPolicy, `${path}.selectPolicy`, ['Disabled', 'Max', 'Min']));
  }
  return errors;
}

function validateMetric(metric: MetricSpec, path: string): FieldError[] {
  const errors = oneOf(metric.type, child(path, 'type'), ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'], 'required');
  const expected = Object.hasOwn(sources, metric.type) ? sources[metric.type] : undefined;
  for (const source of Object.values(sources)) {
    if (source === expected) {
      if (metric[source] === undefined) errors.push(required(child(path, source), 'must populate information for the given metric source'));
    } else if (expected !== undefined && metric[source] !== undefined) {
      errors.push(forbidden(child(path, source), 'must populate the given metric source only'));
    }
  }
  if (metric.resource !== undefined) errors.push(...requiredChecked(metric.resource.name, child(path, 'resource.name')));
  return errors;
}
