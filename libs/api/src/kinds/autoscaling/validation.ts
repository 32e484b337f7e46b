import type { HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricTarget } from '../../gen/types/autoscaling-v2.ts';
import { parseQuantity } from '../../quantity.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1123Label, checkPathSegment } from '../../validation/names.ts';
import { checked, each, oneOf, requiredChecked } from '../../validation/values.ts';

const windowSecondsMax = 3600;
const periodSecondsMax = 1800;

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
    ...validateReference(target, 'spec.scaleTargetRef'),
    ...(spec.metrics ?? []).flatMap((metric, i) => validateMetric(metric, at('spec.metrics', i))),
  );
  for (const direction of ['scaleUp', 'scaleDown'] as const) errors.push(...validateScalingRules(spec.behavior?.[direction], `spec.behavior.${direction}`));
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
  return [...errors, ...validateSources(metric, path)];
}

function validateSources({ resource, containerResource, pods, object, external }: MetricSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, source] of Object.entries({ resource, containerResource })) {
    if (source === undefined) continue;
    const here = child(path, name);
    errors.push(...requiredChecked(source.name, child(here, 'name')));
    if (name === 'containerResource') errors.push(...requiredChecked(containerResource?.container, child(here, 'container'), checkDns1123Label));
    errors.push(...validateTarget(source.target, child(here, 'target')), ...validateEither(source.target, child(here, 'target')));
  }
  if (pods !== undefined) {
    const here = child(path, 'pods');
    errors.push(...validateName(pods.metric?.name, here), ...validateTarget(pods.target, child(here, 'target')));
    if (pods.target?.averageValue === undefined) errors.push(required(child(here, 'target.averageValue'), 'must specify a positive target averageValue'));
  }
  if (object !== undefined) {
    const here = child(path, 'object');
    errors.push(...validateReference(object.describedObject, child(here, 'describedObject')), ...validateName(object.metric?.name, here), ...validateTarget(object.target, child(here, 'target')));
    if (object.target?.value === undefined && object.target?.averageValue === undefined) errors.push(required(child(here, 'target.averageValue'), 'must set either a target value or averageValue'));
  }
  if (external !== undefined) {
    const here = child(path, 'external');
    errors.push(...validateName(external.metric?.name, here), ...validateLabelSelector(external.metric?.selector, child(here, 'metric.selector')), ...validateTarget(external.target, child(here, 'target')));
    const { value, averageValue } = external.target ?? {};
    if (value === undefined && averageValue === undefined) errors.push(required(child(here, 'target.averageValue'), 'must set either a target value for metric or a per-pod target'));
    if (value !== undefined && averageValue !== undefined) errors.push(forbidden(child(here, 'target.value'), 'may not set both a target value for metric and a per-pod target'));
  }
  return errors;
}

/** Of a resource the target is a share of what is requested, or an amount. */
function validateEither(target: MetricTarget | undefined, path: string): FieldError[] {
  const { averageUtilization: share, averageValue: amount } = target ?? {};
  if (share === undefined && amount === undefined) return [required(child(path, 'averageUtilization'), 'must set either a target raw value or a target utilization')];
  return share !== undefined && amount !== undefined ? [forbidden(child(path, 'averageValue'), 'may not set both a target raw value and a target utilization')] : [];
}

function validateTarget(target: MetricTarget | undefined, path: string): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(child(path, 'type'), 'must specify a metric target type'));
  else if (!['Utilization', 'Value', 'AverageValue'].includes(type)) errors.push(invalidValue(child(path, 'type'), type, 'must be either Utilization, Value, or AverageValue'));
  for (const [field, amount] of Object.entries({ value, averageValue })) {
    if (amount !== undefined && parseQuantity(amount).nano <= 0n) errors.push(invalidValue(child(path, field), amount, 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) errors.push(invalidValue(child(path, 'averageUtilization'), averageUtilization, 'must be greater than 0'));
  return errors;
}

function validateName(name: string | undefined, path: string): FieldError[] {
  const field = child(path, 'metric.name');
  return (name ?? '') === '' ? [required(field, 'must specify a metric name')] : checked(name, field, checkPathSegment);
}

function validateReference(target: { readonly kind?: string; readonly name?: string; readonly apiVersion?: string } | undefined, path: string): FieldError[] {
  const { apiVersion = '' } = target ?? {};
  const slashes = apiVersion.split('/').length - 1;
  return [
    ...requiredChecked(target?.kind, child(path, 'kind'), checkPathSegment),
    ...requiredChecked(target?.name, child(path, 'name'), checkPathSegment),
    ...(slashes > 1 ? [invalidValue(child(path, 'apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`)] : []),
  ];
}

/** How fast it may scale in one direction. */
function validateScalingRules(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const window = rules.stabilizationWindowSeconds;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0) errors.push(invalidValue(child(path, 'stabilizationWindowSeconds'), window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > windowSecondsMax) errors.push(invalidValue(child(path, 'stabilizationWindowSeconds'), window, `must be less than or equal to ${windowSecondsMax}`));
  errors.push(...oneOf(rules.selectPolicy, child(path, 'selectPolicy'), ['Disabled', 'Max', 'Min']));
  if ((rules.policies ?? []).length === 0) errors.push(required(child(path, 'policies'), 'must specify at least one Policy'));
  return [...errors, ...each(rules.policies, child(path, 'policies'), ({ type, value, periodSeconds }, here) => {
    const wrong = oneOf(type, child(here, 'type'), ['Percent', 'Pods'], 'required');
    if (value <= 0) wrong.push(invalidValue(child(here, 'value'), value, 'must be greater than zero'));
    if (periodSeconds <= 0) wrong.push(invalidValue(child(here, 'periodSeconds'), periodSeconds, 'must be greater than zero'));
    if (periodSeconds > periodSecondsMax) wrong.push(invalidValue(child(here, 'periodSeconds'), periodSeconds, `must be less than or equal to ${periodSecondsMax}`));
    return wrong;
  })];
}
