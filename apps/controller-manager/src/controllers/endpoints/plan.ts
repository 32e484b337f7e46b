import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset, Pod, Service } from '@rhythm/api/types/core-v1';
import { hostnameUnder, isHeadless, selectedPods, servesTraffic, targetPortOn } from '../../shared/service-pods.ts';

/** Addresses in one Endpoints object; what is beyond is cut, and an annotation says so. */
const addressesMax = 1_000;
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';
const headlessLabel = 'service.kubernetes.io/headless';
const managedByLabel = 'endpoints.kubernetes.io/managed-by';

/** The Endpoints object that a Service should have; the old one's labels that are not ours stay. */
export function planEndpoints(service: Service, pods: readonly Pod[], existing: Endpoints | undefined): Endpoints {
  const chosen = selectedPods(service, pods).filter((pod) => pod.metadata.deletionTimestamp === undefined || service.spec.publishNotReadyAddresses === true);
  const subsets = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  for (const pod of byUid(chosen).slice(0, addressesMax)) {
    const ports = portsOn(service, pod);
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ports, ready: [], notReady: [] };
    subsets.set(key, subset);
    (servesTraffic(service, pod) ? subset.ready : subset.notReady).push(addressOf(service, pod));
  }
  const labels: Record<string, string> = { ...service.metadata.labels, [managedByLabel]: 'endpoint-controller' };
  if (isHeadless(service)) labels[headlessLabel] = '';
  const annotations = { ...existing?.metadata.annotations };
  delete annotations[overCapacityAnnotation];
  if (chosen.length > addressesMax) annotations[overCapacityAnnotation] = 'truncated';
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...existing?.metadata, name: service.metadata.name ?? '', namespace: service.metadata.namespace ?? '', labels, annotations },
    subsets: [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => toSubset(subset)),
  };
}

function toSubset(subset: { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }): EndpointSubset {
  return {
    ...(subset.ready.length === 0 ? {} : { addresses: subset.ready.sort(byIp) }),
    ...(subset.notReady.length === 0 ? {} : { notReadyAddresses: subset.notReady.sort(byIp) }),
    ...(subset.ports.length === 0 ? {} : { ports: subset.ports }),
  };
}

/** As text, so that lists read the same after every change. */
const byIp = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);

function portsOn(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOn(pod, port);
    if (number === undefined) return [];
    const name = port.name ?? '';
    return [{ ...(name === '' ? {} : { name }), port: number, protocol: port.protocol ?? 'TCP', ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) }];
  });
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const hostname = hostnameUnder(service, pod);
  return {
    ip: pod.status.podIP ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
  };
}

/** A fixed order, so that nothing is written when nothing changed. */
function byUid(pods: readonly Pod[]): readonly Pod[] {
  return [...pods].sort((a, b) => ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1));
}
