import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressClassParametersReference, IPAddress, IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, ServiceCIDR } from '../../gen/types/networking-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidEach, invalidValue, notSupported, required, tooLong } from '../../validation/field-error.ts';
import { checkCidr, checkNetworkCidr, checkIp, ipFamilyOf, isSubnet } from '../../validation/ip.ts';
import { byteLength, checkDns1035Label, checkDns1123Label, checkDns1123Subdomain, checkPathSegment, checkPortName, checkPortNumber, checkWildcardSubdomain } from '../../validation/names.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { checked, domainPath, each, immutable, portNumberOrName, requiredChecked } from '../../validation/values.ts';

const controllerLengthMax = 250;
const protocols = ['TCP', 'UDP', 'SCTP'];
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export function validateIngress({ spec, metadata }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.rules ?? []).length === 0 && spec?.defaultBackend === undefined) errors.push(invalidValue('spec', spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec?.defaultBackend !== undefined) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
  for (const [i, rule] of (spec?.rules ?? []).entries()) {
    const here = at('spec.rules', i);
    const host = rule.host ?? '';
    if (ipFamilyOf(host) !== undefined) errors.push(invalidValue(child(here, 'host'), host, 'must be a DNS name, not an IP address'));
    if (host !== '') errors.push(...validateHost(host, child(here, 'host')));
    if (rule.http !== undefined && (rule.http.paths ?? []).length === 0) errors.push(required(child(here, 'http.paths')));
    (rule.http?.paths ?? []).forEach((path, j) => errors.push(...validatePath(path, at(child(here, 'http.paths'), j))));
  }
  errors.push(...each(spec?.tls, 'spec.tls', (tls, here) => [
    ...each(tls.hosts, child(here, 'hosts'), validateHost),
    ...checked(tls.secretName, child(here, 'secretName'), checkDns1123Subdomain),
  ]));
  const className = spec?.ingressClassName;
  if (className !== undefined) errors.push(...invalidEach(checkDns1123Subdomain(className), 'spec.ingressClassName', className));
  const annotated = isFresh(metadata) ? metadata.annotations?.['kubernetes.io/ingress.class'] : undefined;
  if (annotated === undefined || className === undefined || annotated === className) return errors;
  return [...errors, invalidValue('annotations.kubernetes.io/ingress.class', annotated, 'must match `ingressClassName` when both are specified')];
}

export function validateIngressStatus({ status }: Ingress): FieldError[] {
  return each(status?.loadBalancer?.ingress, 'status.loadBalancer.ingress', ({ ip = '', hostname = '' }, here) => {
    const errors = ip === '' ? [] : checkIp(ip).map((e) => invalidValue(child(here, 'ip'), ip, e));
    errors.push(...checked(hostname, child(here, 'hostname'), checkDns1123Subdomain));
    if (ipFamilyOf(hostname) !== undefined) errors.push(invalidValue(child(here, 'hostname'), hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}

/** A DNS name, or all names one level below one. */
function validateHost(host: string, path: string): FieldError[] {
  return invalidEach(host.includes('*') ? checkWildcardSubdomain(host) : checkDns1123Subdomain(host), path, host);
}

/** The controller of a class is given once; that it has changed is said first. */
export function validateIngressClass({ spec }: IngressClass, old?: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec ?? {};
  return [
    ...(old === undefined ? [] : immutable(controller, old.spec?.controller ?? '', 'spec.controller')),
    ...(byteLength(controller) > controllerLengthMax ? [tooLong('spec.controller', controllerLengthMax)] : []),
    ...domainPath(controller, 'spec.controller'),
    ...(parameters === undefined ? [] : validateParameters(parameters, 'spec.parameters')),
  ];
}

function validateParameters(parameters: IngressClassParametersReference, path: string): FieldError[] {
  const errors = validateTypedReference(parameters, path);
  const { scope, namespace } = parameters;
  const field = child(path, 'namespace');
  if (scope === undefined) return [...errors, required(child(path, 'scope'))];
  if (scope === 'Cluster') return namespace === undefined ? errors : [...errors, forbidden(field, "`parameters.scope` is set to 'Cluster'")];
  if (scope !== 'Namespace') return [...errors, notSupported(child(path, 'scope'), scope, ['Cluster', 'Namespace'])];
  if (namespace === undefined) return [...errors, required(field, "`parameters.scope` is set to 'Namespace'")];
  return [...errors, ...invalidEach(checkDns1123Label(namespace), field, namespace)];
}

/** A reference to an object of any kind, whose group may be left out. */
function validateTypedReference({ apiGroup, kind = '', name = '' }: { apiGroup?: string; kind?: string; name?: string }, path: string): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : invalidEach(checkDns1123Subdomain(apiGroup), child(path, 'apiGroup'), apiGroup)),
    ...(kind === '' ? [required(child(path, 'kind'), 'kind is required')] : checked(kind, child(path, 'kind'), checkPathSegment)),
    ...(name === '' ? [required(child(path, 'name'), 'name is required')] : checked(name, child(path, 'name'), checkPathSegment)),
  ];
}

export function validateIpAddress({ spec }: IPAddress): FieldError[] {
  const parent = spec?.parentRef;
  if (parent === undefined) return [required('spec.parentRef')];
  return [
    ...checked(parent.group, 'spec.parentRef.group', checkDns1123Subdomain),
    ...requiredChecked(parent.resource, 'spec.parentRef.resource', checkPathSegment),
    ...requiredChecked(parent.name, 'spec.parentRef.name', checkPathSegment),
    ...checked(parent.namespace, 'spec.parentRef.namespace', checkPathSegment),
  ];
}

export function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const { cidrs = [] } = spec ?? {};
  const path = 'spec.cidrs';
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  // Errors about both show the spec in its inner form, whose field has another name in JSON.
  if (cidrs.length > 2) return [invalidValue(path, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const families = cidrs.map((cidr) => (checkCidr(cidr).length > 0 ? undefined : ipFamilyOf(cidr.split('/')[0] ?? '')));
  if (families.length === 2 && (families.includes(undefined) || families[0] === families[1])) {
    return [invalidValue(path, { CIDRs: cidrs }, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64')];
  }
  return each(cidrs, path, (cidr, here) => invalidEach(checkNetworkCidr(cidr), here, cidr));
}

export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors = validateLabelSelector(spec?.podSelector, 'spec.podSelector');
  (spec?.ingress ?? []).forEach((rule, i) => {
    const here = at('spec.ingress', i);
    (rule.ports ?? []).forEach((port, j) => errors.push(...validatePort(port, at(child(here, 'ports'), j))));
    (rule.from ?? []).forEach((peer, j) => errors.push(...validatePeer(peer, at(child(here, 'from'), j))));
  });
  (spec?.egress ?? []).forEach((rule, i) => {
    const here = at('spec.egress', i);
    (rule.ports ?? []).forEach((port, j) => errors.push(...validatePort(port, at(child(here, 'ports'), j))));
    (rule.to ?? []).forEach((peer, j) => errors.push(...validatePeer(peer, at(child(here, 'to'), j))));
  });
  const types = spec?.policyTypes ?? [];
  if (types.length > 2) return [...errors, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  types.forEach((type, i) => errors.push(...(type === 'Ingress' || type === 'Egress' ? [] : [notSupported(at('spec.policyTypes', i), type, ['Ingress', 'Egress'])])));
  return errors;
}

function validatePath(path: HTTPIngressPath, here: string): FieldError[] {
  const field = child(here, 'path');
  const { path: text = '' } = path;
  const pathType = path.pathType ?? undefined;
  if (pathType === undefined) return [required(child(here, 'pathType'), 'pathType must be specified')];
  const errors: FieldError[] = [];
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!text.startsWith('/')) errors.push(invalidValue(field, text, 'must be an absolute path'));
    for (const bad of ['//', '/./', '/../', '%2f', '%2F']) if (text.includes(bad)) errors.push(invalidValue(field, text, `must not contain '${bad}'`));
    for (const bad of ['/..', '/.']) if (text.endsWith(bad)) errors.push(invalidValue(field, text, `cannot end with '${bad}'`));
  } else if (pathType !== 'ImplementationSpecific') errors.push(notSupported(child(here, 'pathType'), pathType, pathTypes));
  else if (text !== '' && !text.startsWith('/')) errors.push(invalidValue(field, text, 'must be an absolute path'));
  return [...errors, ...validateBackend(path.backend, child(here, 'backend'))];
}

function validateBackend(backend: IngressBackend | undefined, path: string): FieldError[] {
  const { service, resource } = backend ?? {};
  if (service !== undefined && resource !== undefined) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) return validateTypedReference(resource, child(path, 'resource'));
  if (service === undefined) return [invalidValue(path, '', 'resource or service backend is required')];
  const errors = requiredChecked(service.name, child(path, 'service.name'), checkDns1035Label);
  const { name = '', number = 0 } = service.port ?? {};
  if (name !== '' && number !== 0) return [...errors, invalidValue(path, '', 'cannot set both port name & port number')];
  if (name !== '') return [...errors, ...checkPortName(name).map((e) => invalidValue(child(path, 'service.port.name'), name, e))];
  if (number === 0) return [...errors, required(path, 'port name or number is required')];
  return [...errors, ...checkPortNumber(number).map((e) => invalidValue(child(path, 'service.port.number'), number, e))];
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const errors = protocol === undefined || protocols.includes(protocol) ? [] : [notSupported(child(path, 'protocol'), protocol, protocols)];
  const [start, end] = [child(path, 'port'), child(path, 'endPort')];
  if (port === undefined) return endPort === undefined ? errors : [...errors, invalidValue(end, endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalidValue(end, endPort, 'may not be specified when `port` is non-numeric'));
    return [...errors, ...portNumberOrName(port, start)];
  }
  errors.push(...portNumberOrName(port, start));
  if (endPort === undefined) return errors;
  // The number shown is that of the start, as upstream has it.
  if (endPort < port) errors.push(invalidValue(end, port, 'must be greater than or equal to `port`'));
  return [...errors, ...invalidEach(checkPortNumber(endPort), end, endPort)];
}

function validatePeer(peer: NetworkPolicyPeer, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(peer.podSelector, child(path, 'podSelector')),
    ...validateLabelSelector(peer.namespaceSelector, child(path, 'namespaceSelector')),
  ];
  const { ipBlock } = peer;
  const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
  if (ipBlock === undefined) return selects ? errors : [...errors, required(path, 'must specify a peer')];
  errors.push(...validateBlock(ipBlock, child(path, 'ipBlock')));
  return selects ? [...errors, forbidden(path, 'may not specify both ipBlock and another peer')] : errors;
}

function validateBlock({ cidr, except }: IPBlock, path: string): FieldError[] {
  const here = child(path, 'cidr');
  if ((cidr ?? '') === '') return [required(here)];
  const wrong = invalidEach(checkCidr(cidr), here, cidr);
  if (wrong.length > 0) return wrong;
  return each(except, child(path, 'except'), (part, at) => {
    const errors = invalidEach(checkCidr(part), at, part);
    return errors.length > 0 || isSubnet(part, cidr) ? errors : [invalidValue(at, part, 'must be a strict subset of `cidr`')];
  });
}
