import type { HTTPIngressPath, Ingress, IngressBackend, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../gen/types/networking-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkCidr, ipFamilyOf } from '../../validation/ip.ts';
import { checkDns1035Label, checkDns1123Subdomain, checkPortName, checkPortNumber } from '../../validation/names.ts';
import { checked, oneOf, portNumberOrName, requiredChecked } from '../../validation/values.ts';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export function validateIngress({ spec }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.rules ?? []).length === 0 && spec?.defaultBackend === undefined) errors.push(invalidValue('spec', spec ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec?.defaultBackend !== undefined) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
  for (const [i, rule] of (spec?.rules ?? []).entries()) {
    const here = at('spec.rules', i);
    const host = rule.host ?? '';
    if (ipFamilyOf(host) !== undefined) errors.push(invalidValue(child(here, 'host'), host, 'must be a DNS name, not an IP address'));
    errors.push(...checked(host.replace(/^\*\./, ''), child(here, 'host'), checkDns1123Subdomain));
    if (rule.http !== undefined && (rule.http.paths ?? []).length === 0) errors.push(required(child(here, 'http.paths')));
    (rule.http?.paths ?? []).forEach((path, j) => errors.push(...validatePath(path, at(child(here, 'http.paths'), j))));
  }
  return [...errors, ...checked(spec?.ingressClassName, 'spec.ingressClassName', checkDns1123Subdomain)];
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
  if (resource !== undefined) return [...requiredChecked(resource.kind, child(path, 'resource.kind')), ...requiredChecked(resource.name, child(path, 'resource.name'))];
  if (service === undefined) return [required(path, 'service or resource backend is required')];
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
  errors.push(...checkCidr(ipBlock.cidr).map((e) => invalidValue(child(path, 'ipBlock.cidr'), ipBlock.cidr, e)));
  (ipBlock.except ?? []).forEach((cidr, i) => errors.push(...checkCidr(cidr).map((e) => invalidValue(at(child(path, 'ipBlock.except'), i), cidr, e))));
  return errors;
}
