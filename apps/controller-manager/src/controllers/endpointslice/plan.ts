import type { Node, Pod, Service } from '@rhythm/api/types/core-v1';
import type { Endpoint, EndpointPort, EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { semanticallyEqual } from '../../shared/equality.ts';
import { controllerReference } from '../../shared/owners.ts';
import { isReady } from '../../shared/pods.ts';
import { hostnameUnder, isHeadless, selectedPods, targetPortOn } from '../../shared/service-pods.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
/** Endpoints in one slice (the controller's default upstream). */
const endpointsPerSliceMax = 100;

export interface EndpointSlicePlan {
  /** Without names: the server makes them from generateName. */
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

/**
 * The slices of a Service: one group per set of ports, since a named port may be another number on each pod. Existing slices
 * keep the endpoints that they have; changed ones are written in place, new endpoints fill what room there is (KEP-752).
 */
export function planEndpointSlices(service: Service, pods: readonly Pod[], existing: readonly EndpointSlice[], nodeOf: (name: string) => Node | undefined): EndpointSlicePlan {
  const groups = groupByPorts(service, selectedPods(service, pods), nodeOf);
  // Something must say that the Service has no endpoints: readers tell "none" from "not yet looked at".
  if (groups.size === 0) groups.set('[]', { ports: [], endpoints: new Map() });
  const plan = { create: [] as EndpointSlice[], update: [] as EndpointSlice[], delete: [] as EndpointSlice[] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports ?? []);
    if (slice.addressType !== 'IPv4' || !groups.has(key)) plan.delete.push(slice);
    else byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  for (const [key, group] of groups) fill(service, group, byPorts.get(key) ?? [], plan);
  return plan;
}

interface Group {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

function groupByPorts(service: Service, pods: readonly Pod[], nodeOf: (name: string) => Node | undefined): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const ports = portsOn(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    group.endpoints.set(pod.metadata.uid ?? '', endpointOf(service, pod, nodeOf));
  }
  return groups;
}

function portsOn(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOn(pod, port);
    const protocol = port.protocol ?? 'TCP';
    return number === undefined ? [] : [{ name: port.name ?? '', protocol, port: number, ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) }];
  });
}

const portsKey = (ports: readonly EndpointPort[]): string => JSON.stringify(ports.map((p) => [p.name ?? '', p.protocol ?? 'TCP', p.port ?? 0, p.appProtocol ?? '']).sort((a, b) => (String(a) < String(b) ? -1 : 1)));

function endpointOf(service: Service, pod: Pod, nodeOf: (name: string) => Node | undefined): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = service.spec.publishNotReadyAddresses === true || isReady(pod);
  const nodeName = pod.spec.nodeName ?? '';
  const zone = nodeOf(nodeName)?.metadata.labels?.['topology.kubernetes.io/zone'];
  const hostname = hostnameUnder(service, pod);
  return {
    addresses: [pod.status.podIP ?? ''],
    conditions: { ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function fill(service: Service, group: Group, slices: readonly EndpointSlice[], plan: { create: EndpointSlice[]; update: EndpointSlice[]; delete: EndpointSlice[] }): void {
  const left = new Map(group.endpoints);
  const kept = slices.map((slice) => ({ slice, endpoints: takeKnown(slice, left) }));
  for (const { slice, endpoints } of kept) {
    while (endpoints.length < endpointsPerSliceMax && left.size > 0) endpoints.push(takeFirst(left));
    const surplus = endpoints.length === 0 && (kept.length > 1 || group.endpoints.size > 0);
    if (surplus) plan.delete.push(slice);
    else if (!isCurrent(service, slice, endpoints)) plan.update.push({ ...slice, metadata: { ...slice.metadata, labels: labelsOf(service, slice) }, endpoints });
  }
  if (kept.length === 0 && left.size === 0) plan.create.push(newSlice(service, group.ports, []));
  while (left.size > 0) {
    const endpoints: Endpoint[] = [];
    while (endpoints.length < endpointsPerSliceMax && left.size > 0) endpoints.push(takeFirst(left));
    plan.create.push(newSlice(service, group.ports, endpoints));
  }
}

function takeKnown(slice: EndpointSlice, left: Map<string, Endpoint>): Endpoint[] {
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const uid = endpoint.targetRef?.uid ?? '';
    const wanted = left.get(uid);
    left.delete(uid);
    return wanted === undefined ? [] : [wanted];
  });
}

function takeFirst(left: Map<string, Endpoint>): Endpoint {
  const [uid, endpoint] = left.entries().next().value as [string, Endpoint];
  left.delete(uid);
  return endpoint;
}

function isCurrent(service: Service, slice: EndpointSlice, endpoints: readonly Endpoint[]): boolean {
  return semanticallyEqual(slice.endpoints, endpoints) && semanticallyEqual(slice.metadata.labels, labelsOf(service, slice));
}

function labelsOf(service: Service, slice: EndpointSlice | undefined): Record<string, string> {
  const labels: Record<string, string> = { ...slice?.metadata.labels, ...service.metadata.labels, [serviceNameLabel]: service.metadata.name ?? '', [managedByLabel]: managedBy };
  if (isHeadless(service)) labels[headlessLabel] = '';
  else delete labels[headlessLabel];
  return labels;
}

function newSlice(service: Service, ports: readonly EndpointPort[], endpoints: readonly Endpoint[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: labelsOf(service, undefined),
      ownerReferences: [controllerReference(service, 'v1', 'Service')],
    },
    addressType: 'IPv4',
    ports: [...ports],
    endpoints: [...endpoints],
  };
}
