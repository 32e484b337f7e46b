import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../gen/types/autoscaling-v2.ts';

const shownMax = 2;
const unknown = '<unknown>';

/** Current and target values of an autoscaler's metrics: `cpu: 12%/80%`; the first two, and how many more there are. */
export function metricsText(object: HorizontalPodAutoscaler): string {
  const specs = object.spec?.metrics ?? [];
  if (specs.length === 0) return '<none>';
  const texts = specs.map((spec, i) => metricText(spec, object.status?.currentMetrics?.[i]));
  const shown = texts.slice(0, shownMax).join(', ');
  return texts.length > shownMax ? `${shown} + ${texts.length - shownMax} more...` : shown;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  const { resource, containerResource, pods, object, external } = spec;
  if (external !== undefined) return valueText(external.target, status?.external?.current);
  if (pods !== undefined) return `${status?.pods?.current?.averageValue ?? unknown}/${pods.target.averageValue ?? ''}`;
  if (object !== undefined) return valueText(object.target, status?.object?.current);
  if (resource !== undefined) return `${resource.name}: ${usageText(resource.target, status?.resource?.current)}`;
  if (containerResource !== undefined) return `${containerResource.name}: ${usageText(containerResource.target, status?.containerResource?.current)}`;
  return '<unknown type>';
}

function valueText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  return `${current?.value ?? unknown}/${target.value ?? ''}`;
}

function usageText(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
  return `${now}/${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
}
