import type { Endpoint, EndpointSlice } from '../../gen/types/discovery-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidValue, required, tooMany } from '../../validation/field-error.ts';
import { checkNonSpecialIp, ipFamilyOf } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue, checkPortNumber, checkQualifiedName } from '../../validation/names.ts';
import { checked, distinct, each, immutable, oneOf } from '../../validation/values.ts';

const endpointsMax = 1000;
const portsMax = 20000;
const addressesMax = 100;
const topologyMax = 16;
const hintsMax = 8;

export function validateEndpointSlice(object: EndpointSlice): FieldError[] {
  const { endpoints, ports, addressType } = object;
  const errors = oneOf(addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6'], 'required');
  if ((endpoints ?? []).length > endpointsMax) return [...errors, tooMany('endpoints', endpoints.length, endpointsMax)];
  if ((ports ?? []).length > portsMax) return [...errors, tooMany('ports', ports.length, portsMax)];
  (endpoints ?? []).forEach((endpoint, i) => errors.push(...validateEndpoint(endpoint, addressType, at('endpoints', i))));
  const names = new Set<string>();
  (ports ?? []).forEach((port, i) => {
    const path = at('ports', i);
    const name = port.name ?? '';
    errors.push(...checked(name, child(path, 'name'), checkDns1123Label));
    if (names.has(name)) errors.push(duplicate(child(path, 'name'), name));
    names.add(name);
    errors.push(
      ...oneOf(port.protocol, child(path, 'protocol'), ['SCTP', 'TCP', 'UDP'], 'required'),
      ...(port.port === undefined ? [] : checkPortNumber(port.port).map((e) => invalidValue(child(path, 'port'), port.port, e))),
      ...checked(port.appProtocol, child(path, 'appProtocol'), checkQualifiedName),
    );
  });
  return errors;
}

export function validateEndpointSliceUpdate(object: EndpointSlice, old: EndpointSlice): FieldError[] {
  return immutable(object.addressType, old.addressType, 'addressType');
}

function validateTopology(topology: Readonly<Record<string, string>>, path: string): FieldError[] {
  const count = Object.keys(topology).length;
  return count > topologyMax ? [tooMany(path, count, topologyMax)] : validateLabels(topology, path);
}

/** For whom an endpoint is the near one. */
function validateHints(hints: readonly { readonly name: string }[] | undefined, rule: (name: string) => string[], path: string): FieldError[] {
  const count = hints?.length ?? 0;
  if (count > hintsMax) return [tooMany(path, count, hintsMax)];
  return [...distinct(hints, path, (hint) => hint.name, 'name'), ...each(hints, path, ({ name }, here) => rule(name).map((e) => invalidValue(child(here, 'name'), name, e)))];
}

function validateEndpoint(endpoint: Endpoint, type: string, path: string): FieldError[] {
  const addresses = endpoint.addresses ?? [];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(child(path, 'addresses'), 'must contain at least 1 address'));
  if (addresses.length > addressesMax) errors.push(tooMany(child(path, 'addresses'), addresses.length, addressesMax));
  addresses.forEach((address, i) => {
    const field = at(child(path, 'addresses'), i);
    if (type === 'FQDN') errors.push(...checkDns1123Subdomain(address).map((e) => invalidValue(field, address, e)));
    else if (ipFamilyOf(address) !== type) errors.push(invalidValue(field, address, `must be an ${type} address`));
    else errors.push(...checkNonSpecialIp(address).map((e) => invalidValue(field, address, e)));
  });
  return [
    ...errors,
    ...checked(endpoint.hostname, child(path, 'hostname'), checkDns1123Label),
    ...checked(endpoint.nodeName, child(path, 'nodeName'), checkDns1123Subdomain),
    ...validateTopology(endpoint.deprecatedTopology ?? {}, child(path, 'deprecatedTopology')),
    ...validateHints(endpoint.hints?.forZones, checkLabelValue, child(path, 'hints.forZones')),
    ...validateHints(endpoint.hints?.forNodes, checkDns1123Subdomain, child(path, 'hints.forNodes')),
  ];
}
