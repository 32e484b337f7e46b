import type * as v1 from '../../gen/types/autoscaling-v1.ts';
import type * as v2 from '../../gen/types/autoscaling-v2.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import { specToV1, specToV2, statusToV1, statusToV2 } from './convert-metrics.ts';

/** Where v1 keeps what it has no fields for, as JSON. */
const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const;

/** An autoscaler of v1 as v2 writes it: the CPU target becomes the first metric, annotations become fields. */
export function autoscalerToV2(object: v1.HorizontalPodAutoscaler): v2.HorizontalPodAutoscaler {
  const kept: Record<string, string> = { ...object.metadata.annotations };
  const metrics = (takeList<v1.MetricSpec>(kept, annotations.metrics) ?? []).map(specToV2);
  const currentMetrics = (takeList<v1.MetricStatus>(kept, annotations.currentMetrics) ?? []).map(statusToV2);
  const conditions = takeList<v2.HorizontalPodAutoscalerCondition>(kept, annotations.conditions);
  const behavior = take<v2.HorizontalPodAutoscalerBehavior>(kept, annotations.behavior);
  const { targetCPUUtilizationPercentage: target, ...spec } = object.spec;
  const { currentCPUUtilizationPercentage: current, ...status } = object.status ?? {};
  if (target !== undefined) metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } });
  if (current !== undefined) currentMetrics.unshift({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current, averageValue: '0' } } });
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object.metadata, kept),
    spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior !== undefined && { behavior }) },
    status: { ...status, desiredReplicas: status.desiredReplicas ?? 0, currentMetrics, ...(conditions !== undefined && { conditions }) },
  };
}

/** An autoscaler of v2 as v1 writes it: what v1 has no field for goes into annotations. */
export function autoscalerToV1(object: v2.HorizontalPodAutoscaler): v1.HorizontalPodAutoscaler {
  const { metrics = [], behavior, ...spec } = object.spec;
  const { currentMetrics: stored, conditions, ...status } = object.status ?? {};
  const currentMetrics = stored ?? [];
  const cpu = metrics.find((m) => m.resource?.name === 'cpu' && m.resource.target.averageUtilization !== undefined);
  const currentCpu = currentMetrics.find((m) => m.resource?.name === 'cpu' && m.resource.current.averageUtilization !== undefined);
  const kept: Record<string, string> = { ...object.metadata.annotations };
  const otherMetrics = metrics.filter((m) => m !== cpu);
  if (otherMetrics.length > 0) kept[annotations.metrics] = JSON.stringify(otherMetrics.map(specToV1));
  if (currentMetrics.length > 0) kept[annotations.currentMetrics] = JSON.stringify(currentMetrics.filter((m) => m !== currentCpu).map(statusToV1));
  if (conditions !== undefined && conditions.length > 0) kept[annotations.conditions] = JSON.stringify(conditions);
  if (behavior !== undefined) kept[annotations.behavior] = JSON.stringify(behavior);
  const target = cpu?.resource?.target.averageUtilization;
  const current = currentCpu?.resource?.current.averageUtilization;
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object.metadata, kept),
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas ?? 0,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  };
}

/** The parsed annotation, which is removed; one that is not JSON of an object stays where it is. */
function take<T extends object>(from: Record<string, string>, name: string): T | undefined {
  return takeIf(from, name, (parsed): parsed is T => isObject(parsed) && !Array.isArray(parsed));
}

/** The same for a list of objects. */
function takeList<T extends object>(from: Record<string, string>, name: string): T[] | undefined {
  return takeIf(from, name, (parsed): parsed is T[] => Array.isArray(parsed) && parsed.every(isObject));
}

function takeIf<T>(from: Record<string, string>, name: string, fits: (parsed: unknown) => parsed is T): T | undefined {
  const text = Object.hasOwn(from, name) ? from[name] : undefined;
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (!fits(parsed)) return undefined;
    delete from[name];
    return parsed;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function withAnnotations(metadata: ObjectMeta, annotationsLeft: Record<string, string>): ObjectMeta {
  const { annotations: _, ...rest } = metadata;
  return Object.keys(annotationsLeft).length === 0 ? rest : { ...rest, annotations: annotationsLeft };
}
