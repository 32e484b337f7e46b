import type * as v1 from '../../gen/types/autoscaling-v1.ts';
import type * as v2 from '../../gen/types/autoscaling-v2.ts';

/*
 * Metrics of autoscaling/v1, which only live as JSON in annotations, and of v2. What is absent stays absent.
 */

export function specToV1(metric: v2.MetricSpec): v1.MetricSpec {
  const { type, resource, containerResource, pods, object, external } = metric;
  return {
    type,
    ...(resource && { resource: resourceSpecToV1(resource) }),
    ...(containerResource && { containerResource: { ...resourceSpecToV1(containerResource), container: containerResource.container } }),
    ...(pods && { pods: { metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0', ...selector(pods.metric) } }),
    ...(object && {
      object: {
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        ...selector(object.metric),
        ...(object.target.averageValue !== undefined && { averageValue: object.target.averageValue }),
      },
    }),
    ...(external && {
      external: {
        metricName: external.metric.name,
        ...(external.metric.selector && { metricSelector: external.metric.selector }),
        ...(external.target.value !== undefined && { targetValue: external.target.value }),
        ...(external.target.averageValue !== undefined && { targetAverageValue: external.target.averageValue }),
      },
    }),
  };
}

export function specToV2(metric: v1.MetricSpec): v2.MetricSpec {
  const { type, resource, containerResource, pods, object, external } = metric;
  return {
    type,
    ...(resource && { resource: resourceSpecToV2(resource) }),
    ...(containerResource && { containerResource: { ...resourceSpecToV2(containerResource), container: containerResource.container } }),
    ...(pods && { pods: { metric: { name: pods.metricName, ...selector(pods) }, target: { type: 'AverageValue', averageValue: pods.targetAverageValue } } }),
    ...(object && {
      object: { describedObject: object.target, metric: { name: object.metricName, ...selector(object) }, target: valueTarget(object.targetValue, object.averageValue) },
    }),
    ...(external && {
      external: {
        metric: { name: external.metricName, ...(external.metricSelector && { selector: external.metricSelector }) },
        target: valueTarget(external.targetValue, external.targetAverageValue),
      },
    }),
  };
}

export function statusToV1(metric: v2.MetricStatus): v1.MetricStatus {
  const { type, resource, containerResource, pods, object, external } = metric;
  return {
    type,
    ...(resource && { resource: resourceStatusToV1(resource) }),
    ...(containerResource && { containerResource: { ...resourceStatusToV1(containerResource), container: containerResource.container } }),
    ...(pods && { pods: { metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? '0', ...selector(pods.metric) } }),
    ...(object && {
      object: {
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        ...selector(object.metric),
        ...(object.current.averageValue !== undefined && { averageValue: object.current.averageValue }),
      },
    }),
    ...(external && {
      external: {
        metricName: external.metric.name,
        currentValue: external.current.value ?? '0',
        ...(external.metric.selector && { metricSelector: external.metric.selector }),
        ...(external.current.averageValue !== undefined && { currentAverageValue: external.current.averageValue }),
      },
    }),
  };
}

export function statusToV2(metric: v1.MetricStatus): v2.MetricStatus {
  const { type, resource, containerResource, pods, object, external } = metric;
  return {
    type,
    ...(resource && { resource: resourceStatusToV2(resource) }),
    ...(containerResource && { containerResource: { ...resourceStatusToV2(containerResource), container: containerResource.container } }),
    ...(pods && { pods: { metric: { name: pods.metricName, ...selector(pods) }, current: { averageValue: pods.currentAverageValue } } }),
    ...(object && {
      object: {
        describedObject: object.target,
        metric: { name: object.metricName, ...selector(object) },
        current: { value: object.currentValue, ...(object.averageValue !== undefined && { averageValue: object.averageValue }) },
      },
    }),
    ...(external && {
      external: {
        metric: { name: external.metricName, ...(external.metricSelector && { selector: external.metricSelector }) },
        current: { value: external.currentValue, ...(external.currentAverageValue !== undefined && { averageValue: external.currentAverageValue }) },
      },
    }),
  };
}

function resourceSpecToV1(metric: v2.ResourceMetricSource): v1.ResourceMetricSource {
  const { averageUtilization, averageValue } = metric.target;
  return {
    name: metric.name,
    ...(averageUtilization !== undefined && { targetAverageUtilization: averageUtilization }),
    ...(averageValue !== undefined && { targetAverageValue: averageValue }),
  };
}

function resourceSpecToV2(metric: v1.ResourceMetricSource): v2.ResourceMetricSource {
  const { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue } = metric;
  return {
    name: metric.name,
    target: {
      type: averageUtilization === undefined ? 'AverageValue' : 'Utilization',
      ...(averageUtilization !== undefined && { averageUtilization }),
      ...(averageValue !== undefined && { averageValue }),
    },
  };
}

function resourceStatusToV1(metric: v2.ResourceMetricStatus): v1.ResourceMetricStatus {
  return {
    name: metric.name,
    ...(metric.current.averageUtilization !== undefined && { currentAverageUtilization: metric.current.averageUtilization }),
    currentAverageValue: metric.current.averageValue ?? '0',
  };
}

function resourceStatusToV2(metric: v1.ResourceMetricStatus): v2.ResourceMetricStatus {
  return {
    name: metric.name,
    current: {
      averageValue: metric.currentAverageValue,
      ...(metric.currentAverageUtilization !== undefined && { averageUtilization: metric.currentAverageUtilization }),
    },
  };
}

function valueTarget(value: string | undefined, averageValue: string | undefined): v2.MetricTarget {
  return {
    type: averageValue === undefined ? 'Value' : 'AverageValue',
    ...(value !== undefined && averageValue === undefined && { value }),
    ...(averageValue !== undefined && { averageValue }),
  };
}

function selector<S>(of: { selector?: S }): { selector?: S } {
  return of.selector === undefined ? {} : { selector: of.selector };
}
