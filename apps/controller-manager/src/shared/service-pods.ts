import { matcherOfMap } from '@rhythm/api';
import type { Pod, Service, ServicePort } from '@rhythm/api/types/core-v1';
import { isReady } from './pods.ts';

/** The pods that a Service selects and that have, or had, an address. A Service without selector selects none. */
export function selectedPods(service: Service, pods: readonly Pod[]): readonly Pod[] {
  const selector = service.spec.selector;
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  const matcher = matcherOfMap(selector);
  return pods.filter((pod) => (pod.status.podIP ?? '') !== '' && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed' && matcher.matches(pod.metadata.labels));
}

/** The port number that a Service's port means on one pod; `undefined` when the pod has no port of that name. */
export function targetPortOn(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  if (target === undefined || target === '') return port.port;
  for (const container of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')]) {
    const found = (container.ports ?? []).find((p) => p.name === target && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

/** Whether the pod should get traffic of the Service. */
export function servesTraffic(service: Service, pod: Pod): boolean {
  if (service.spec.publishNotReadyAddresses === true) return true;
  return isReady(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None';
}

/** The name by which DNS knows the pod under a headless Service, when it has one there. */
export function hostnameUnder(service: Service, pod: Pod): string | undefined {
  const hostname = pod.spec.hostname ?? '';
  return hostname !== '' && pod.spec.subdomain === service.metadata.name ? hostname : undefined;
}
