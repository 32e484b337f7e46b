import type { Service, ServicePort, ServiceSpec } from '../../gen/types/core-v1.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { isExternallyReachable } from './service-defaults.ts';

const headless = 'None';

/**
 * A new service: `clusterIPs` in step with `clusterIP`, families and policy of a cluster with IPv4 only.
 * The addresses and node ports themselves are allocated by the API server.
 */
export function prepareServiceForCreate(service: Service): void {
  const { spec } = service;
  if (spec.type === 'ExternalName') return;
  if ((spec.clusterIP ?? '') !== '' && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP as string];
  setFamilies(spec);
}

/**
 * What was allocated stays when an update leaves it out, and goes when the new type has no use for it
 * (upstream's patchAllocatedValues and dropTypeDependentFields).
 */
export function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  const before = old.spec;
  followClusterIP(spec, before);
  if (usesClusterIP(spec) && usesClusterIP(before)) {
    if ((spec.clusterIP ?? '') === '' && before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === before.clusterIP && before.clusterIPs !== undefined) spec.clusterIPs = [...before.clusterIPs];
    if (spec.ipFamilyPolicy === undefined && before.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = before.ipFamilyPolicy;
    if ((spec.ipFamilies ?? []).length === 0 && before.ipFamilies !== undefined) spec.ipFamilies = [...before.ipFamilies];
  }
  if (usesNodePorts(spec) && usesNodePorts(before)) keepNodePorts(spec.ports ?? [], before.ports ?? []);
  if (usesHealthCheckPort(spec) && usesHealthCheckPort(before) && (spec.healthCheckNodePort ?? 0) === 0 && before.healthCheckNodePort !== undefined) {
    spec.healthCheckNodePort = before.healthCheckNodePort;
  }
  dropUseless(spec, before);
  if (usesClusterIP(spec)) setFamilies(spec);
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} };
}

function setFamilies(spec: ServiceSpec): void {
  const bare = spec.clusterIP === headless && Object.keys(spec.selector ?? {}).length === 0;
  if (spec.ipFamilyPolicy === undefined) spec.ipFamilyPolicy = bare ? 'RequireDualStack' : 'SingleStack';
  if ((spec.ipFamilies ?? []).length > 0) return;
  const given = (spec.clusterIPs ?? []).filter((ip) => ip !== headless);
  if (given.length > 0) spec.ipFamilies = given.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'));
  else spec.ipFamilies = bare ? ['IPv4', 'IPv6'] : ['IPv4'];
}

/** A client that knows only `clusterIP` and changes it means the list too. */
function followClusterIP(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.clusterIP === before.clusterIP || !semanticEqual(spec.clusterIPs, before.clusterIPs)) {
    if ((spec.clusterIP ?? '') !== '' && (spec.clusterIPs ?? []).length === 0 && spec.clusterIP !== before.clusterIP) spec.clusterIPs = [spec.clusterIP as string];
    return;
  }
  if ((spec.clusterIP ?? '') === '') delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP as string, ...(before.clusterIPs ?? []).slice(1)];
}

function keepNodePorts(ports: readonly ServicePort[], before: readonly ServicePort[]): void {
  const used = new Set(ports.map((p) => `${p.protocol ?? 'TCP'}/${p.nodePort ?? 0}`));
  const old = new Map(before.map((p) => [`${p.protocol ?? 'TCP'}/${p.port}`, p]));
  for (const port of ports) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const same = old.get(`${port.protocol ?? 'TCP'}/${port.port}`);
    if (same?.nodePort === undefined || used.has(`${port.protocol ?? 'TCP'}/${same.nodePort}`)) continue;
    port.nodePort = same.nodePort;
  }
}

/** Fields that only the old type needed, and that the client did not touch. */
function dropUseless(spec: ServiceSpec, before: ServiceSpec): void {
  if (usesClusterIP(before) && !usesClusterIP(spec)) {
    if (semanticEqual(spec.clusterIPs ?? before.clusterIPs, before.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (semanticEqual(spec.ipFamilies ?? before.ipFamilies, before.ipFamilies)) {
      delete spec.ipFamilies;
      delete spec.ipFamilyPolicy;
    }
    if (spec.internalTrafficPolicy === before.internalTrafficPolicy) delete spec.internalTrafficPolicy;
  }
  if (usesNodePorts(before) && !usesNodePorts(spec) && sameNodePorts(spec, before)) for (const port of spec.ports ?? []) delete port.nodePort;
  if (usesHealthCheckPort(before) && !usesHealthCheckPort(spec) && spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
  if (isExternallyReachable(before) && !isExternallyReachable(spec) && spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
}

function sameNodePorts(spec: ServiceSpec, before: ServiceSpec): boolean {
  const known = new Set((before.ports ?? []).map((p) => p.nodePort ?? 0));
  return (spec.ports ?? []).every((p) => (p.nodePort ?? 0) === 0 || known.has(p.nodePort ?? 0));
}

export function usesClusterIP(spec: ServiceSpec): boolean {
  return spec.type === 'ClusterIP' || spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

export function usesNodePorts(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

export function usesHealthCheckPort(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}
