import type { Service, ServicePort } from '@rhythm/api/types/core-v1';
import type { Endpoint, EndpointSlice } from '@rhythm/api/types/discovery-v1';

export type Protocol = 'tcp' | 'udp' | 'sctp';

export interface Backend {
  readonly ip: string;
  readonly port: number;
}

/** One port of one Service and where its traffic goes. */
export interface ServiceRule {
  /** `namespace/name:port`, for people who read the ruleset. */
  readonly name: string;
  readonly clusterIPs: readonly string[];
  readonly externalIPs: readonly string[];
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort?: number;
  /** Backends for traffic from inside; those of other nodes left out under internalTrafficPolicy Local. */
  readonly backends: readonly Backend[];
  /** Backends for node ports and load balancer addresses; differs under externalTrafficPolicy Local. */
  readonly externalBackends: readonly Backend[];
  /** Seconds for which a client keeps its backend; absent: none. */
  readonly affinitySeconds?: number;
}

/** What the node's table should say. Sorted, so that equal inputs give equal plans. */
export interface ProxyPlan {
  readonly services: readonly ServiceRule[];
}

const serviceNameLabel = 'kubernetes.io/service-name';
const headless = 'None';

/** Pure: the same Services and slices in any order give the same plan. IPv4 only; other families are left out. */
export function planProxy(services: readonly Service[], slices: readonly EndpointSlice[], nodeName: string): ProxyPlan {
  const slicesOf = groupByService(slices);
  const rules: ServiceRule[] = [];
  for (const service of services) {
    const clusterIPs = (service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']).filter(isIPv4);
    if (service.spec.type === 'ExternalName' || service.spec.clusterIP === headless || clusterIPs.length === 0) continue;
    const mine = slicesOf.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
    for (const port of service.spec.ports ?? []) rules.push(ruleOf(service, port, clusterIPs, mine, nodeName));
  }
  return { services: rules.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function ruleOf(service: Service, port: ServicePort, clusterIPs: readonly string[], slices: readonly EndpointSlice[], nodeName: string): ServiceRule {
  const ready = backendsOf(port, slices);
  const local = (backends: readonly Located[]): readonly Located[] => backends.filter((b) => b.nodeName === nodeName);
  const ingress = (service.status.loadBalancer.ingress ?? []).map((i) => i.ip ?? '');
  const external = [...(service.spec.externalIPs ?? []), ...ingress].filter(isIPv4);
  const affinity = service.spec.sessionAffinity === 'ClientIP' ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : undefined;
  return {
    name: `${service.metadata.namespace}/${service.metadata.name}:${port.name ?? port.port}`,
    clusterIPs,
    externalIPs: external,
    protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol,
    port: port.port,
    ...(port.nodePort === undefined || port.nodePort === 0 ? {} : { nodePort: port.nodePort }),
    backends: plain(service.spec.internalTrafficPolicy === 'Local' ? local(ready) : ready),
    externalBackends: plain(service.spec.externalTrafficPolicy === 'Local' ? local(ready) : ready),
    ...(affinity === undefined ? {} : { affinitySeconds: affinity }),
  };
}

interface Located extends Backend {
  readonly nodeName: string | undefined;
}

/** Ready endpoints; when there is none, those that terminate but still serve (KEP-1669). */
function backendsOf(port: ServicePort, slices: readonly EndpointSlice[]): readonly Located[] {
  const ready = new Map<string, Located>();
  const serving = new Map<string, Located>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const match = (slice.ports ?? []).find((p) => (p.name ?? '') === (port.name ?? '') && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (match?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const into = isReady(endpoint) ? ready : endpoint.conditions.serving === true ? serving : undefined;
      for (const ip of endpoint.addresses.filter(isIPv4)) into?.set(`${ip}:${match.port}`, { ip, port: match.port, nodeName: endpoint.nodeName });
    }
  }
  return [...(ready.size > 0 ? ready : serving).values()];
}

const isReady = (endpoint: Endpoint): boolean => endpoint.conditions.ready !== false;

function plain(backends: readonly Located[]): readonly Backend[] {
  return backends.map(({ ip, port }) => ({ ip, port })).sort((a, b) => (a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1));
}

function groupByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.[serviceNameLabel];
    if (name === undefined) continue;
    const key = `${slice.metadata.namespace}/${name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
}

/** Dotted-quad IPv4, and nothing that could be read as more than an address inside a ruleset. */
export function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}
