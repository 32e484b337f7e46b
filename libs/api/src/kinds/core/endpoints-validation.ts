import type { EndpointAddress, Endpoints, EndpointSubset } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidEach, invalidValue, required } from '../../validation/field-error.ts';
import { checkIp, checkNonSpecialIp } from '../../validation/ip.ts';
import { checkDns1123Label, checkDns1123Subdomain, checkPortNumber, checkQualifiedName } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, oneOf } from '../../validation/values.ts';

/** A list that was stored when rules were laxer may stay as it is. */
export function validateEndpoints(object: Endpoints, old?: Endpoints): FieldError[] {
  if (old !== undefined && semanticEqual(object.subsets, old.subsets)) return [];
  return (object.subsets ?? []).flatMap((subset, i) => validateSubset(subset, at('subsets', i)));
}

function validateSubset(subset: EndpointSubset, path: string): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const errors = addresses.length + notReadyAddresses.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : [];
  addresses.forEach((address, i) => errors.push(...validateAddress(address, at(child(path, 'addresses'), i))));
  notReadyAddresses.forEach((address, i) => errors.push(...validateAddress(address, at(child(path, 'notReadyAddresses'), i))));
  ports.forEach((port, i) => {
    const here = at(child(path, 'ports'), i);
    if (ports.length > 1 && (port.name ?? '') === '') errors.push(required(child(here, 'name')));
    errors.push(
      ...checked(port.name, child(here, 'name'), checkDns1123Label),
      ...checkPortNumber(port.port).map((e) => invalidValue(child(here, 'port'), port.port, e)),
      ...oneOf(port.protocol, child(here, 'protocol'), ['SCTP', 'TCP', 'UDP'], 'required'),
      ...checked(port.appProtocol, child(here, 'appProtocol'), checkQualifiedName),
    );
  });
  return errors;
}

function validateAddress(address: EndpointAddress, path: string): FieldError[] {
  const { ip, nodeName } = address;
  const field = child(path, 'ip');
  const wrong = invalidEach(checkIp(ip), field, ip);
  return [
    ...wrong,
    ...checked(address.hostname, child(path, 'hostname'), checkDns1123Label),
    ...(nodeName === undefined ? [] : invalidEach(checkDns1123Subdomain(nodeName), child(path, 'nodeName'), nodeName)),
    // Of what is no address this is said twice.
    ...(wrong.length > 0 ? [invalidValue(field, ip, 'must be a valid IP address')] : invalidEach(checkNonSpecialIp(ip), field, ip)),
  ];
}
