import type { Service, ServicePort, ServiceSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkCidr, checkIp, checkNonSpecialIp, ipFamilyOf } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkPortNumber, checkQualifiedName } from '../../validation/names.ts';
import { checked, oneOf, portNumberOrName, requiredChecked } from '../../validation/values.ts';
import { usesClusterIP, usesHealthCheckPort } from './service-addresses.ts';
import { isExternallyReachable } from './service-defaults.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const affinitySecondsMax = 86400;

export function validateService({ spec }: Service): FieldError[] {
  if (spec === undefined) return [required('spec')];
  return [
    ...validateByType(spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...oneOf(spec.type, 'spec.type', types, 'required'),
    ...validateAffinity(spec),
    ...validateClusterIPs(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, i) => checkNonSpecialIp(ip).map((e) => invalidValue(at('spec.externalIPs', i), ip, e))),
    ...validateLoadBalancer(spec),
    ...validateTraffic(spec),
  ];
}

/** Addresses and their families are given once, but for additions and removals of the second family. */
export function validateServiceUpdate({ spec }: Service, { spec: before }: Service): FieldError[] {
  const errors: FieldError[] = [];
  if (usesClusterIP(spec) && usesClusterIP(before)) {
    const [first, second] = before.clusterIPs ?? [];
    if (first !== undefined && (spec.clusterIPs?.[0] ?? spec.clusterIP) !== first) {
      errors.push(invalidValue('spec.clusterIPs[0]', spec.clusterIPs ?? [], 'may not change once set'));
    }
    if (second !== undefined && spec.clusterIPs?.[1] === undefined && spec.ipFamilyPolicy !== 'SingleStack') {
      errors.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP"));
    } else if (second !== undefined && spec.clusterIPs?.[1] !== undefined && spec.clusterIPs[1] !== second) {
      errors.push(invalidValue('spec.clusterIPs[1]', spec.clusterIPs, 'may not change once set'));
    }
    if (before.ipFamilies?.[0] !== undefined && spec.ipFamilies?.[0] !== before.ipFamilies[0]) {
      errors.push(invalidValue('spec.ipFamilies[0]', spec.ipFamilies ?? [], 'may not change once set'));
    }
  }
  if (usesHealthCheckPort(spec) && usesHealthCheckPort(before) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  if (spec.type === 'LoadBalancer' && before.type === 'LoadBalancer' && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  }
  return errors;
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const headless = spec.clusterIP === 'None';
  if ((spec.ports ?? []).length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(invalidValue('spec.clusterIPs[0]', spec.clusterIP, `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== 'ExternalName') return errors;
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    const value = spec[field];
    if (value !== undefined && value.length > 0) errors.push(forbidden(`spec.${field}`, 'may not be set for ExternalName services'));
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return [...errors, ...requiredChecked(name, 'spec.externalName', checkDns1123Subdomain)];
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, i) => {
    const path = at('spec.ports', i);
    const errors = validatePort(port, ports.length > 1, names, path);
    const key = `${port.protocol ?? ''}/${port.port}`;
    if (seen.has(key)) errors.push(duplicate(path, { port: port.port, protocol: port.protocol }));
    seen.add(key);
    if ((port.nodePort ?? 0) === 0) return errors;
    const nodeKey = `${port.protocol ?? ''}/${port.nodePort ?? 0}`;
    if (spec.type === 'ClusterIP') errors.push(forbidden(child(path, 'nodePort'), "may not be used when `type` is 'ClusterIP'"));
    if (nodePorts.has(nodeKey)) errors.push(duplicate(child(path, 'nodePort'), port.nodePort));
    nodePorts.add(nodeKey);
    return errors;
  });
}

function validatePort(port: ServicePort, needsName: boolean, names: Set<string>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '' } = port;
  if (needsName && name === '') errors.push(required(child(path, 'name')));
  else if (name !== '') {
    errors.push(...checkDns1123Label(name).map((e) => invalidValue(child(path, 'name'), name, e)));
    if (names.has(name)) errors.push(duplicate(child(path, 'name'), name));
    names.add(name);
  }
  return [
    ...errors,
    ...checkPortNumber(port.port ?? 0).map((e) => invalidValue(child(path, 'port'), port.port ?? 0, e)),
    ...oneOf(port.protocol, child(path, 'protocol'), protocols, 'required'),
    ...portNumberOrName(port.targetPort, child(path, 'targetPort')),
    ...checked(port.appProtocol, child(path, 'appProtocol'), checkQualifiedName),
  ];
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const errors = oneOf(spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None'], 'required');
  if (spec.sessionAffinity !== 'ClientIP') return errors;
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const path = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  if (seconds === undefined) return [...errors, required('spec.sessionAffinityConfig', 'when session affinity type is ClientIP')];
  if (seconds > 0 && seconds <= affinitySecondsMax) return errors;
  return [...errors, invalidValue(path, seconds, `must be greater than 0 and less than ${affinitySecondsMax}`)];
}

function validateClusterIPs(spec: ServiceSpec): FieldError[] {
  const errors = [
    ...oneOf(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', ['SingleStack', 'PreferDualStack', 'RequireDualStack']),
    ...(spec.ipFamilies ?? []).flatMap((family, i) => oneOf(family, at('spec.ipFamilies', i), ['IPv4', 'IPv6'])),
  ];
  if ((spec.ipFamilies ?? []).length === 2 && spec.ipFamilies?.[0] === spec.ipFamilies?.[1]) errors.push(duplicate('spec.ipFamilies[1]', spec.ipFamilies?.[1]));
  const ips = spec.clusterIPs ?? [];
  if (ips.length === 0) return (spec.clusterIP ?? '') === '' ? errors : [...errors, required('spec.clusterIPs')];
  if ((spec.clusterIP ?? '') === '') errors.push(invalidValue('spec.clusterIPs', ips, 'must be empty when `clusterIP` is not specified'));
  else if (ips[0] !== spec.clusterIP) errors.push(invalidValue('spec.clusterIPs', ips, 'first value must match `clusterIP`'));
  if (ips.length > 2) errors.push(invalidValue('spec.clusterIPs', ips, 'may only hold up to 2 values'));
  for (const [i, ip] of ips.entries()) {
    if (ip !== 'None') errors.push(...checkIp(ip).map((e) => invalidValue(at('spec.clusterIPs', i), ip, e)));
    else if (ips.length > 1) errors.push(invalidValue(at('spec.clusterIPs', i), ip, 'must be the only value'));
    const family = ipFamilyOf(ip);
    const expected = spec.ipFamilies?.[i];
    if (family !== undefined && expected !== undefined && expected !== family) errors.push(invalidValue(at('spec.clusterIPs', i), ip, `expected an ${expected} value as indicated by \`ipFamilies[${i}]\``));
  }
  if (ips.length === 2 && ipFamilyOf(ips[0] ?? '') === ipFamilyOf(ips[1] ?? '')) errors.push(invalidValue('spec.clusterIPs', ips, 'may specify no more than one IP for each IP family'));
  return errors;
}

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'LoadBalancer') {
    return [
      ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, i) => checkCidr(range.trim()).map((e) => invalidValue(at('spec.loadBalancerSourceRanges', i), range, e))),
      ...(spec.allocateLoadBalancerNodePorts === undefined ? [required('spec.allocateLoadBalancerNodePorts')] : []),
      ...checked(spec.loadBalancerClass, 'spec.loadBalancerClass', checkQualifiedName),
    ];
  }
  const errors: FieldError[] = [];
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) errors.push(forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  if (spec.allocateLoadBalancerNodePorts !== undefined) errors.push(forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  if (spec.loadBalancerClass !== undefined) errors.push(forbidden('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  return errors;
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const policies = ['Cluster', 'Local'];
  const errors: FieldError[] = [];
  const external = spec.externalTrafficPolicy ?? '';
  if (isExternallyReachable(spec)) errors.push(...oneOf(external, 'spec.externalTrafficPolicy', policies, 'required'));
  else if (external !== '') errors.push(invalidValue('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'));
  if (!usesHealthCheckPort(spec) && (spec.healthCheckNodePort ?? 0) !== 0) {
    errors.push(invalidValue('spec.healthCheckNodePort', spec.healthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  }
  if (usesClusterIP(spec)) errors.push(...oneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', policies, 'required'));
  return [...errors, ...oneOf(spec.trafficDistribution, 'spec.trafficDistribution', ['PreferClose', 'PreferSameNode', 'PreferSameZone'])];
}
