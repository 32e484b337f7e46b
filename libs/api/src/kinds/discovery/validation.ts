import type { Endpoint, EndpointPort, EndpointSlice } from '../../gen/types/discovery-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, invalidEach, invalidValue, required, tooMany } from '../../validation/field-error.ts';
import { checkIp, checkNonSpecialIp, ipFamilyOf } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue, checkPortNumber, checkQualifiedName } from '../../validation/names.ts';
import { checked, each, immutable, oneOf } from '../../validation/values.ts';

const endpointsMax = 1000;
const portsMax = 20000;
const addressesMax = 100;
const topologyMax = 16;
const hintsMax = 8;

export function validateEndpointSlice({ endpoints, ports, addressType }: EndpointSlice): FieldError[] {
  return [
    ...oneOf(addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6'], 'required'),
    ...atMost(endpoints, endpointsMax, 'endpoints', (endpoint, path) => validateEndpoint(endpoint, addressType, path)),
    ...validatePorts(ports ?? [], 'ports'),
  ];
}

/** The errors of each item of a list; of one that is too long only that is said. */
function atMost<T>(items: readonly T[] | undefined, max: number, path: string, rule: (item: T, path: string) => FieldError[]): FieldError[] {
  const count = items?.length ?? 0;
  return count > max ? [tooMany(path, count, max)] : each(items, path, rule);
}

function validatePorts(ports: readonly EndpointPort[], path: string): FieldError[] {
  const names = new Set<string>();
  return atMost(ports, portsMax, path, (port, here) => {
    const name = port.name ?? '';
    const repeated = names.has(name) ? [duplicate(child(here, 'name'), name)] : [];
    names.add(name);
    return [
      ...checked(name, child(here, 'name'), checkDns1123Label),
      ...repeated,
      ...oneOf(port.protocol, child(here, 'protocol'), ['SCTP', 'TCP', 'UDP'], 'required'),
      ...(port.port === undefined ? [] : invalidEach(checkPortNumber(port.port), child(here, 'port'), port.port)),
      ...(port.appProtocol === undefined ? [] : invalidEach(checkQualifiedName(port.appProtocol), child(here, 'appProtocol'), port.appProtocol)),
    ];
  });
}

export function validateEndpointSliceUpdate(object: EndpointSlice, old: EndpointSlice): FieldError[] {
  return immutable(object.addressType, old.addressType, 'addressType');
}

function validateTopology(topology: Readonly<Record<string, string>>, path: string): FieldError[] {
  const count = Object.keys(topology).length;
  return [...(count > topologyMax ? [tooMany(path, count, topologyMax)] : []), ...validateLabels(topology, path)];
}

/** For whom an endpoint is the near one. */
function validateHints(hints: readonly { readonly name: string }[] | undefined, rule: (name: string) => string[], path: string): FieldError[] {
  const names = new Set<string>();
  return atMost(hints, hintsMax, path, ({ name }, here) => {
    const field = child(here, 'name');
    const repeated = names.has(name) ? [duplicate(field, name)] : [];
    names.add(name);
    return [...repeated, ...invalidEach(rule(name), field, name)];
  });
}

function validateEndpoint(endpoint: Endpoint, type: string, path: string): FieldError[] {
  const { nodeName, hostname } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const list = child(path, 'addresses');
  return [
    ...(addresses.length === 0 ? [required(list, 'must contain at least 1 address')] : []),
    ...(addresses.length > addressesMax ? [tooMany(list, addresses.length, addressesMax)] : []),
    ...each(addresses, list, (address, here) => validateAddress(address, type, here)),
    ...(nodeName === undefined ? [] : invalidEach(checkDns1123Subdomain(nodeName), child(path, 'nodeName'), nodeName)),
    ...validateTopology(endpoint.deprecatedTopology ?? {}, child(path, 'deprecatedTopology')),
    ...(hostname === undefined ? [] : invalidEach(checkDns1123Label(hostname), child(path, 'hostname'), hostname)),
    ...validateHints(endpoint.hints?.forZones, checkLabelValue, child(path, 'hints.forZones')),
    ...validateHints(endpoint.hints?.forNodes, checkDns1123Subdomain, child(path, 'hints.forNodes')),
  ];
}

/** Addresses of types that are not known are not looked at: that the type is not known has been said. */
function validateAddress(address: string, type: string, path: string): FieldError[] {
  if (type === 'FQDN') return validateDomain(address, path);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const wrong = invalidEach(checkIp(address), path, address);
  if (wrong.length > 0) return wrong;
  const family = ipFamilyOf(address) === type ? [] : [invalidValue(path, address, `must be an ${type} address`)];
  return [...family, ...invalidEach(checkNonSpecialIp(address), path, address)];
}

/** A name of two labels at least; it may end with a dot. */
function validateDomain(address: string, path: string): FieldError[] {
  if (address === '') return [required(path)];
  const name = address.replace(/\.$/, '');
  const wrong = checkDns1123Subdomain(name);
  if (wrong.length > 0) return [invalidValue(path, name, wrong.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) return [invalidValue(path, name, 'should be a domain with at least two segments separated by dots')];
  const long = labels.find((label) => checkDns1123Label(label).length > 0);
  return long === undefined ? [] : [invalidValue(path, long, checkDns1123Label(long).join(','))];
}
