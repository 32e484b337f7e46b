import type { Service, ServicePort } from '@rhythm/api/types/core-v1';

/** Which kinds of Service have which allocated values, and how an update that leaves them out keeps them. */

export const headless = 'None';

export function needsClusterIp(service: Service | undefined): boolean {
  return service !== undefined && service.spec.type !== 'ExternalName';
}

export function needsNodePorts(service: Service | undefined): boolean {
  const type = service?.spec.type;
  return type === 'NodePort' || (type === 'LoadBalancer' && service?.spec.allocateLoadBalancerNodePorts !== false);
}

/** A Service that may have node ports, given or kept, though it asks for none to be chosen. */
export function mayHaveNodePorts(service: Service | undefined): boolean {
  return service?.spec.type === 'NodePort' || service?.spec.type === 'LoadBalancer';
}

export function needsHealthCheckPort(service: Service | undefined): boolean {
  return service?.spec.type === 'LoadBalancer' && service.spec.externalTrafficPolicy === 'Local';
}

/** The addresses that a Service holds: none when it is headless or has no address. */
export function heldAddresses(service: Service | undefined): string[] {
  if (!needsClusterIp(service)) return [];
  const { clusterIP = '', clusterIPs = [] } = service?.spec ?? {};
  const all = clusterIPs.length > 0 ? clusterIPs : [clusterIP];
  return all.filter((ip) => ip !== '' && ip !== headless);
}

/** Node ports in use by a Service, the health check's too. */
export function heldNodePorts(service: Service): number[] {
  const ports = (service.spec.ports ?? []).map((port) => port.nodePort ?? 0);
  return [...ports, service.spec.healthCheckNodePort ?? 0].filter((port) => port > 0);
}

/** Copies into `service` the allocated values that its update left out, and drops those that its new type has no use for. */
export function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIp(service) && needsClusterIp(old)) {
    if ((spec.clusterIP ?? '') === '' && (spec.clusterIPs ?? []).length === 0) {
      spec.clusterIP = old.spec.clusterIP;
      spec.clusterIPs = [...(old.spec.clusterIPs ?? [])];
    }
    if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [...(old.spec.ipFamilies ?? [])];
    spec.ipFamilyPolicy ??= old.spec.ipFamilyPolicy;
  }
  if (!needsClusterIp(service) && needsClusterIp(old) && spec.clusterIP === old.spec.clusterIP) {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[field];
  }
  if (mayHaveNodePorts(old)) keepNodePorts(service, old);
  if (needsHealthCheckPort(old)) {
    if (needsHealthCheckPort(service)) spec.healthCheckNodePort = (spec.healthCheckNodePort ?? 0) === 0 ? old.spec.healthCheckNodePort : spec.healthCheckNodePort;
    else if (spec.healthCheckNodePort === old.spec.healthCheckNodePort) delete spec.healthCheckNodePort;
  }
}

function keepNodePorts(service: Service, old: Service): void {
  const key = (port: ServicePort): string => `${port.protocol ?? 'TCP'}/${port.port}`;
  const known = new Map((old.spec.ports ?? []).map((port) => [key(port), port.nodePort ?? 0]));
  const taken = new Set((service.spec.ports ?? []).map((port) => port.nodePort ?? 0));
  for (const port of service.spec.ports ?? []) {
    const before = known.get(key(port)) ?? 0;
    if (!mayHaveNodePorts(service)) {
      // The type lost its node ports and the update carried them along unchanged.
      if (before !== 0 && port.nodePort === before) delete port.nodePort;
    } else if ((port.nodePort ?? 0) === 0 && before !== 0 && !taken.has(before)) {
      port.nodePort = before;
      taken.add(before);
    }
  }
}
