import type { Service, ServicePort, ServiceSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidEach, invalidValue, required } from '../../validation/field-error.ts';
import { checkCidr, checkIp, checkNonSpecialIp, ipFamilyOf } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkPortNumber, checkQualifiedName } from '../../validation/names.ts';
import { checked, each, oneOf, portNumberOrName, requiredChecked } from '../../validation/values.ts';
import { usesClusterIP, usesHealthCheckPort } from './service-addresses.ts';
import { isExternallyReachable } from './service-defaults.ts';
import { validateServiceUpdate } from './service-update-validation.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const affinitySecondsMax = 86400;
/** Where a kubelet listens: load balancers of some clouds would open it to all. */
const kubeletPort = 10250;

/** What an update may not change comes first. */
export function validateService(service: Service, old?: Service): FieldError[] {
  const { spec } = service;
  if (spec === undefined) return [required('spec')];
  return [
    ...(old === undefined ? [] : validateServiceUpdate(service, old)),
    ...validateTopology(service),
    ...validateByType(spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateClusterIPs(spec),
    ...each(spec.externalIPs, 'spec.externalIPs', (ip, path) => invalidEach(checkNonSpecialIp(ip), path, ip)),
    ...oneOf(spec.type, 'spec.type', types, 'required'),
    ...validateNodePorts(spec),
    ...validateDistinctPorts(spec),
    ...validateSourceRanges(service),
    ...validateLoadBalancer(spec),
    ...validateTraffic(spec),
  ];
}

const hints = 'service.kubernetes.io/topology-aware-hints';
const mode = 'service.kubernetes.io/topology-mode';

/** The older annotation and the newer one say the same. */
function validateTopology({ metadata: { annotations = {} } }: Service): FieldError[] {
  if (!Object.hasOwn(annotations, hints) || !Object.hasOwn(annotations, mode) || annotations[hints] === annotations[mode]) return [];
  return [invalidValue(at('metadata.annotations', mode), annotations[mode], `must match annotations[${hints}] when both are specified`)];
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const headless = spec.clusterIP === 'None';
  if ((spec.ports ?? []).length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if (spec.type === 'LoadBalancer') {
    const detail = `may not expose port ${kubeletPort} externally since it is used by kubelet`;
    errors.push(...each(spec.ports, 'spec.ports', ({ port }, path) => (port === kubeletPort ? [invalidValue(path, port, detail)] : [])));
  }
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

function validatePorts({ ports = [] }: ServiceSpec): FieldError[] {
  const names = new Set<string>();
  return each(ports, 'spec.ports', (port, path) => validatePort(port, ports.length > 1, names, path));
}

/** Ports of nodes only where the type has them, and each once for a protocol. */
function validateNodePorts({ ports, type }: ServiceSpec): FieldError[] {
  const given = (port: ServicePort): boolean => (port.nodePort ?? 0) !== 0;
  const seen = new Set<string>();
  return [
    ...each(ports, 'spec.ports', (port, path) => (type === 'ClusterIP' && given(port) ? [forbidden(child(path, 'nodePort'), "may not be used when `type` is 'ClusterIP'")] : [])),
    ...each(ports, 'spec.ports', (port, path) => (given(port) && isRepeated(seen, `${port.protocol ?? ''}/${port.nodePort ?? 0}`) ? [duplicate(child(path, 'nodePort'), port.nodePort)] : [])),
  ];
}

/** Errors show the pair in the inner form of a port, whose fields have other names. */
function validateDistinctPorts({ ports }: ServiceSpec): FieldError[] {
  const seen = new Set<string>();
  return each(ports, 'spec.ports', ({ protocol = '', port }, path) => (
    isRepeated(seen, `${protocol}/${port}`) ? [duplicate(path, { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 })] : []
  ));
}

function isRepeated(seen: Set<string>, key: string): boolean {
  const repeated = seen.has(key);
  seen.add(key);
  return repeated;
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

/** The addresses, their families, and that the two agree. A service that is but a name has none. */
function validateClusterIPs(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs: ips = [], ipFamilies: families = [] } = spec;
  const path = 'spec.clusterIPs';
  const errors: FieldError[] = [];
  if (clusterIP !== '' && ips.length === 0) errors.push(required(path));
  else if (clusterIP !== '' && ips[0] !== clusterIP) errors.push(invalidValue(path, ips, 'first value must match `clusterIP`'));
  else if (clusterIP === '' && ips.length > 0) errors.push(invalidValue(path, ips, 'must be empty when `clusterIP` is not specified'));
  families.forEach((family, i) => {
    errors.push(...oneOf(family, at('spec.ipFamilies', i), ['IPv4', 'IPv6']));
    if (families.indexOf(family) < i) errors.push(duplicate(at('spec.ipFamilies', i), family));
  });
  errors.push(...oneOf(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', ['PreferDualStack', 'RequireDualStack', 'SingleStack']));
  const wrong = validateEachIp(ips, path);
  if (ips.length > 2) errors.push(...wrong, invalidValue(path, ips, 'may only hold up to 2 values'));
  else errors.push(...wrong);
  if (wrong.length > 0 || ips[0] === 'None') return errors;
  if (ips.length > 1 && new Set(ips.map(ipFamilyOf)).size < 2) errors.push(invalidValue(path, ips, 'may specify no more than one IP for each IP family'));
  ips.forEach((ip, i) => {
    const expected = families[i];
    if (expected !== undefined && expected !== ipFamilyOf(ip)) errors.push(invalidValue(at(path, i), ip, `expected an ${expected} value as indicated by \`ipFamilies[${i}]\``));
  });
  return errors;
}

function validateEachIp(ips: readonly string[], path: string): FieldError[] {
  return each(ips, path, (ip, here) => {
    if (ip !== 'None' || here !== at(path, 0)) return checkIp(ip).map((e) => invalidValue(here, ip, e));
    return ips.length > 1 ? [invalidValue(path, ips, "'None' must be the first and only value")] : [];
  });
}

const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";
const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** Whom a load balancer lets in, as a field or, of old, an annotation; spaces around a range are part of the API. The path of the field is upstream's own. */
function validateSourceRanges({ metadata, spec }: Service): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const balanced = spec.type === 'LoadBalancer';
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    return [...(balanced ? [] : [forbidden(path, onlyBalanced)]), ...each(ranges, path, (range, here) => checkCidr(range.trim()).map((e) => invalidValue(here, range.trim(), e)))];
  }
  const text = metadata.annotations?.[rangesAnnotation];
  if (text === undefined) return [];
  const path = at('metadata.annotations', rangesAnnotation);
  const wrong = text.trim() === '' ? [] : text.trim().split(',').flatMap((range) => checkCidr(range.trim()).map((e) => invalidValue(path, range.trim(), e)));
  return [...(balanced ? [] : [forbidden(path, onlyBalanced)]), ...wrong];
}

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'LoadBalancer') {
    return [
      ...(spec.allocateLoadBalancerNodePorts === undefined ? [required('allocateLoadBalancerNodePorts')] : []),
      ...checked(spec.loadBalancerClass, 'spec.loadBalancerClass', checkQualifiedName),
    ];
  }
  return (['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const).filter((field) => spec[field] !== undefined).map((field) => forbidden(`spec.${field}`, onlyBalanced));
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
  // It is allocated after this when it was not given.
  if (usesHealthCheckPort(spec) && (spec.healthCheckNodePort ?? 0) !== 0) errors.push(...portNumberOrName(spec.healthCheckNodePort, 'spec.healthCheckNodePort'));
  errors.push(...oneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', policies, usesClusterIP(spec) ? 'required' : 'optional'));
  return [...errors, ...oneOf(spec.trafficDistribution, 'spec.trafficDistribution', ['PreferClose', 'PreferSameZone', 'PreferSameNode'])];
}
