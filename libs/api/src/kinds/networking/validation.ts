import type { HTTPIngressPath, Ingress, IngressBackend, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, IPAddress, IngressClass, ServiceCIDR } from '../../gen/types/networking-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required, tooLong } from '../../validation/field-error.ts';
import { checkCidr, checkNetworkCidr, checkIp, ipFamilyOf, isSubnet } from '../../validation/ip.ts';
import { checkDns1035Label, checkDns1123Label, checkDns1123Subdomain, checkDomainPath, checkPathSegment, checkPortName, checkPortNumber, checkWildcardSubdomain } from '../../validation/names.ts';
import { isFresh } from '../../validation/object-meta.ts';
import { checked, each, oneOf, portNumberOrName, requiredChecked } from '../../validation/values.ts';

const controllerLengthMax = 250;
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export function validateIngress({ spec, metadata }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.rules ?? []).length === 0 && spec?.defaultBackend === undefined) errors.push(invalidValue('spec', spec ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec?.defaultBackend !== undefined) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
  for (const [i, rule] of (spec?.rules ?? []).entries()) {
    const here = at('spec.rules', i);
    const host = rule.host ?? '';
    if (ipFamilyOf(host) !== undefined) errors.push(invalidValue(child(here, 'host'), host, 'must be a DNS name, not an IP address'));
    errors.push(...validateHost(host, child(here, 'host')));
    if (rule.http !== undefined && (rule.http.paths ?? []).length === 0) errors.push(required(child(here, 'http.paths')));
    (rule.http?.paths ?? []).forEach((path, j) => errors.push(...validatePath(path, at(child(here, 'http.paths'), j))));
  }
  errors.push(...each(spec?.tls, 'spec.tls', (tls, here) => [
    ...each(tls.hosts, child(here, 'hosts'), validateHost),
    ...checked(tls.secretName, child(here, 'secretName'), checkDns1123Subdomain),
  ]));
  const className = spec?.ingressClassName;
  const annotated = isFresh(metadata) ? metadata.annotations?.['kubernetes.io/ingress.class'] : undefined;
  if (annotated !== undefined && className !== undefined && annotated !== className) {
    errors.push(invalidValue('metadata.annotations.kubernetes.io/ingress.class', annotated, 'must match `ingressClassName` when both are specified'));
  }
  return [...errors, ...checked(className, 'spec.ingressClassName', checkDns1123Subdomain)];
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
  return checked(host, path, host.includes('*') ? checkWildcardSubdomain : checkDns1123Subdomain);
}

export function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const controller = spec?.controller ?? '';
  const parameters = spec?.parameters;
  const errors: FieldError[] = [];
  if (controller.length > controllerLengthMax) errors.push(tooLong('spec.controller', controllerLengthMax));
  errors.push(...checked(controller, 'spec.controller', checkDomainPath));
  if (parameters === undefined) return errors;
  const path = 'spec.parameters';
  errors.push(
    ...checked(parameters.apiGroup, `${path}.apiGroup`, checkDns1123Subdomain),
    ...requiredChecked(parameters.kind, `${path}.kind`, checkPathSegment),
    ...requiredChecked(parameters.name, `${path}.name`, checkPathSegment),
    ...oneOf(parameters.scope, `${path}.scope`, ['Cluster', 'Namespace'], 'required'),
  );
  const { scope, namespace } = parameters;
  if (scope === 'Namespace') {
    if ((namespace ?? '') === '') errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...checked(namespace, `${path}.namespace`, checkDns1123Label));
  }
  if (scope === 'Cluster' && namespace !== undefined) errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
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
  const cidrs = spec?.cidrs ?? [];
  const path = 'spec.cidrs';
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(path, spec, 'may only hold up to 2 values')];
  const errors = each(cidrs, path, (cidr, here) => checkNetworkCidr(cidr).map((e) => invalidValue(here, cidr, e)));
  const families = cidrs.map((cidr) => ipFamilyOf(cidr.split('/')[0] ?? ''));
  if (errors.length === 0 && families.length === 2 && families[0] === families[1]) errors.push(invalidValue(path, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  return errors;
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
  types.forEach((type, i) => errors.push(...oneOf(type, at('spec.policyTypes', i), ['Egress', 'Ingress'])));
  return errors;
}

function validatePath(path: HTTPIngressPath, here: string): FieldError[] {
  const field = child(here, 'path');
  const text = path.path ?? '';
  const errors = oneOf(path.pathType, child(here, 'pathType'), pathTypes, 'required');
  if (path.pathType === 'Exact' || path.pathType === 'Prefix') {
    if (!text.startsWith('/')) errors.push(invalidValue(field, text, 'must be an absolute path'));
    for (const bad of ['//', '/./', '/../', '%2f', '%2F']) if (text.includes(bad)) errors.push(invalidValue(field, text, `must not contain '${bad}'`));
    for (const bad of ['/..', '/.']) if (text.endsWith(bad)) errors.push(invalidValue(field, text, `cannot end with '${bad}'`));
  } else if (text !== '' && !text.startsWith('/')) errors.push(invalidValue(field, text, 'must be an absolute path'));
  return [...errors, ...validateBackend(path.backend, child(here, 'backend'))];
}

function validateBackend(backend: IngressBackend | undefined, path: string): FieldError[] {
  const { service, resource } = backend ?? {};
  if (service !== undefined && resource !== undefined) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) {
    return [
      ...checked(resource.apiGroup ?? '', child(path, 'resource.apiGroup'), checkDns1123Subdomain),
      ...requiredChecked(resource.kind, child(path, 'resource.kind'), checkPathSegment),
      ...requiredChecked(resource.name, child(path, 'resource.name'), checkPathSegment),
    ];
  }
  if (service === undefined) return [required(path, 'resource or service backend is required')];
  const errors = requiredChecked(service.name, child(path, 'service.name'), checkDns1035Label);
  const { name = '', number = 0 } = service.port ?? {};
  if (name !== '' && number !== 0) return [...errors, invalidValue(path, '', 'cannot set both port name & port number')];
  if (name !== '') return [...errors, ...checkPortName(name).map((e) => invalidValue(child(path, 'service.port.name'), name, e))];
  if (number === 0) return [...errors, required(path, 'port name or number is required')];
  return [...errors, ...checkPortNumber(number).map((e) => invalidValue(child(path, 'service.port.number'), number, e))];
}

function validatePort(port: NetworkPolicyPort, path: string): FieldError[] {
  const errors = oneOf(port.protocol, child(path, 'protocol'), ['SCTP', 'TCP', 'UDP']);
  if (port.port !== undefined) errors.push(...portNumberOrName(port.port, child(path, 'port')));
  if (port.endPort === undefined) return errors;
  if (typeof port.port !== 'number') return [...errors, invalidValue(child(path, 'endPort'), port.endPort, 'may not be specified when `port` is non-numeric')];
  errors.push(...checkPortNumber(port.endPort).map((e) => invalidValue(child(path, 'endPort'), port.endPort, e)));
  if (port.endPort < port.port) errors.push(invalidValue(child(path, 'endPort'), port.endPort, 'must be greater than or equal to `port`'));
  return errors;
}

function validatePeer(peer: NetworkPolicyPeer, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(peer.podSelector, child(path, 'podSelector')),
    ...validateLabelSelector(peer.namespaceSelector, child(path, 'namespaceSelector')),
  ];
  const { ipBlock } = peer;
  const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
  if (ipBlock === undefined) return selects ? errors : [...errors, required(path, 'must specify a peer')];
  if (selects) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  errors.push(...((ipBlock.cidr ?? '') === '' ? [required(child(path, 'ipBlock.cidr'))] : checkCidr(ipBlock.cidr).map((e) => invalidValue(child(path, 'ipBlock.cidr'), ipBlock.cidr, e))));
  errors.push(...each(ipBlock.except, child(path, 'ipBlock.except'), (cidr, here) => {
    const wrong = checkCidr(cidr).map((e) => invalidValue(here, cidr, e));
    return wrong.length > 0 || isSubnet(cidr, ipBlock.cidr) ? wrong : [invalidValue(here, cidr, 'must be a strict subset of `cidr`')];
  }));
  return errors;
}
