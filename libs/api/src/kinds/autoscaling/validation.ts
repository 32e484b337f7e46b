import type { HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricTarget } from '../../gen/types/autoscaling-v2.ts';
import { canonicalQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidEach, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Label, checkPathSegment } from '../../validation/names.ts';
import { checked, each, nonNegative, oneOf, requiredChecked } from '../../validation/values.ts';
import { checkContainerResourceName } from '../core/resource-names.ts';

const windowSecondsMax = 3600;
const periodSecondsMax = 1800;

type Source = 'object' | 'external' | 'pods' | 'resource' | 'containerResource';
/** In the order in which they are looked at. */
const sources: readonly Source[] = ['object', 'external', 'pods', 'resource', 'containerResource'];
const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, old?: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, scaleTargetRef: target } = spec;
  const maxReplicas = spec.maxReplicas ?? 0;
  // One that was stored with none at all, when that was allowed, may go on to.
  const least = old?.spec.minReplicas === 0 ? 0 : 1;
  if (minReplicas !== undefined && minReplicas < least) errors.push(invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`));
  if (maxReplicas < 1) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  const described = (old?.spec.metrics ?? []).some(({ object }) => wrongVersion(object?.describedObject?.apiVersion ?? '', 'readable') !== undefined) ? 'any' : 'readable';
  errors.push(
    ...validateReference(target, 'spec.scaleTargetRef', ruleOfTarget(target, old?.spec.scaleTargetRef)),
    ...each(spec.metrics, 'spec.metrics', (metric, path) => validateMetric(metric, described, path)),
  );
  const external = (spec.metrics ?? []).some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !external) errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  for (const direction of ['scaleUp', 'scaleDown'] as const) errors.push(...validateScalingRules(spec.behavior?.[direction], `spec.behavior.${direction}`));
  return errors;
}

/** What is judged of sources is the first; that there are others is all that is said of those. */
function validateMetric(metric: MetricSpec, described: VersionRule, path: string): FieldError[] {
  const type = metric.type ?? '';
  const known = metricTypes.includes(type);
  const unknown = notSupported(child(path, 'type'), type, metricTypes);
  const errors = type === '' ? [required(child(path, 'type'), 'must specify a metric source type')] : [];
  if (!known) errors.push(unknown);
  const present = sources.filter((source) => metric[source] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(metric, first, described, child(path, first)));
  const expected = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  if (!known) errors.push(unknown);
  else if (!present.some((source) => source === expected)) errors.push(required(child(path, expected), 'must populate information for the given metric source'));
  if (present.length === 1) return errors;
  return [...errors, ...present.filter((source) => source !== expected).map((source) => forbidden(child(path, source), 'must populate the given metric source only'))];
}

function validateSource(metric: MetricSpec, source: Source, described: VersionRule, path: string): FieldError[] {
  const target = metric[source]?.target;
  const errors = [...validateSubject(metric, source, described, path), ...validateTarget(target, child(path, 'target'))];
  const { value, averageValue, averageUtilization } = target ?? {};
  const field = (name: string): string => child(path, `target.${name}`);
  switch (source) {
    case 'object':
      return value === undefined && averageValue === undefined ? [...errors, required(field('averageValue'), 'must set either a target value or averageValue')] : errors;
    case 'external':
      if (value === undefined && averageValue === undefined) errors.push(required(field('averageValue'), 'must set either a target value for metric or a per-pod target'));
      return value !== undefined && averageValue !== undefined ? [...errors, forbidden(field('value'), 'may not set both a target value for metric and a per-pod target')] : errors;
    case 'pods':
      return averageValue === undefined ? [...errors, required(field('averageValue'), 'must specify a positive target averageValue')] : errors;
    default:
      // Of a resource the target is a share of what is requested, or an amount.
      if (averageUtilization === undefined && averageValue === undefined) errors.push(required(field('averageUtilization'), 'must set either a target raw value or a target utilization'));
      return averageUtilization !== undefined && averageValue !== undefined ? [...errors, forbidden(field('averageValue'), 'may not set both a target raw value and a target utilization')] : errors;
  }
}

/** What is measured. */
function validateSubject({ object, external, pods, resource, containerResource }: MetricSpec, source: Source, described: VersionRule, path: string): FieldError[] {
  if (source === 'object') return [...validateReference(object?.describedObject, child(path, 'describedObject'), described), ...validateName(object?.metric?.name, path)];
  if (source === 'external') return validateName(external?.metric?.name, path);
  if (source === 'pods') return validateName(pods?.metric?.name, path);
  const name = child(path, 'name');
  const unnamed = required(name, 'must specify a resource name');
  if (source === 'resource') return (resource?.name ?? '') === '' ? [unnamed] : [];
  const container = child(path, 'container');
  const { name: of = '', container: named = '' } = containerResource ?? {};
  return [
    ...(of === '' ? [unnamed] : invalidEach(checkContainerResourceName(of), name, of)),
    ...(named === '' ? [required(container, 'must specify a container')] : checked(named, container, checkDns1123Label)),
  ];
}

function validateTarget(target: MetricTarget | undefined, path: string): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  const errors = type === '' ? [required(child(path, 'type'), 'must specify a metric target type')] : [];
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) errors.push(invalidValue(child(path, 'type'), type, 'must be either Utilization, Value, or AverageValue'));
  for (const [field, amount] of Object.entries({ value, averageValue })) {
    if (amount !== undefined && parseQuantity(amount).nano <= 0n) errors.push(invalidValue(child(path, field), canonicalQuantity(amount), 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) errors.push(invalidValue(child(path, 'averageUtilization'), averageUtilization, 'must be greater than 0'));
  return errors;
}

function validateName(name: string | undefined, path: string): FieldError[] {
  const field = child(path, 'metric.name');
  return (name ?? '') === '' ? [required(field, 'must specify a metric name')] : checked(name, field, checkPathSegment);
}

/** A reference to an object of some version. */
interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly apiVersion?: string;
}

/** What is asked of a reference's version: nothing, that it can be read, or that it has a group too. */
type VersionRule = 'any' | 'readable' | 'grouped';

/** What an update leaves as it was is not judged again. Of what can be scaled only replication controllers have no group. */
function ruleOfTarget(target: Reference | undefined, old: Reference | undefined): VersionRule {
  if (old !== undefined && old.apiVersion === target?.apiVersion && old.kind === target?.kind) return 'any';
  return target?.kind === 'ReplicationController' ? 'readable' : 'grouped';
}

function wrongVersion(apiVersion: string, rule: VersionRule): string | undefined {
  if (rule === 'any') return undefined;
  if (apiVersion.split('/').length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  return rule === 'readable' || /^[^/]/.test(apiVersion) && apiVersion.includes('/') ? undefined : 'apiVersion must specify API group';
}

function validateReference(target: Reference | undefined, path: string, rule: VersionRule): FieldError[] {
  const { apiVersion = '' } = target ?? {};
  const wrong = wrongVersion(apiVersion, rule);
  return [
    ...requiredChecked(target?.kind, child(path, 'kind'), checkPathSegment),
    ...requiredChecked(target?.name, child(path, 'name'), checkPathSegment),
    ...(wrong === undefined ? [] : [invalidValue(child(path, 'apiVersion'), apiVersion, wrong)]),
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
  errors.push(...each(rules.policies, child(path, 'policies'), ({ type, value = 0, periodSeconds = 0 }: Partial<HPAScalingPolicy>, here) => {
    const wrong = type === 'Pods' || type === 'Percent' ? [] : [notSupported(child(here, 'type'), type ?? '', ['Percent', 'Pods'])];
    if (value <= 0) wrong.push(invalidValue(child(here, 'value'), value, 'must be greater than zero'));
    if (periodSeconds <= 0) wrong.push(invalidValue(child(here, 'periodSeconds'), periodSeconds, 'must be greater than zero'));
    if (periodSeconds > periodSecondsMax) wrong.push(invalidValue(child(here, 'periodSeconds'), periodSeconds, `must be less than or equal to ${periodSecondsMax}`));
    return wrong;
  }));
  const { tolerance } = rules;
  return tolerance !== undefined && parseQuantity(tolerance).nano < 0n ? [...errors, invalidValue(child(path, 'tolerance'), canonicalQuantity(tolerance), 'must be greater than or equal to zero')] : errors;
}

/** What the autoscaler may say in its status. */
export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [...nonNegative(status?.currentReplicas, 'status.currentReplicas'), ...nonNegative(status?.desiredReplicas, 'status.desiredReplicas')];
}
