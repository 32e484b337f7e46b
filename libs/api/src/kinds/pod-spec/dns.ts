import type { PodSpec } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidEach, invalidValue, required } from '../../validation/field-error.ts';
import { checkIp } from '../../validation/ip.ts';
import { byteLength, maxLengthError, subdomainLengthMax } from '../../validation/names.ts';

const nameserversMax = 3;
const searchesMax = 32;
const searchLengthMax = 2048;

/** How a pod's containers find names (KEP-504). */
export function validateDns(spec: PodSpec, path: string): FieldError[] {
  const config = spec.dnsConfig;
  const here = child(path, 'dnsConfig');
  if (config === undefined) return spec.dnsPolicy === 'None' ? [required(here, 'must provide `dnsConfig` when `dnsPolicy` is None')] : [];
  const { nameservers = [], searches = [] } = config;
  const errors: FieldError[] = [];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) return [required(child(here, 'nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  if (nameservers.length > nameserversMax) errors.push(invalidValue(child(here, 'nameservers'), nameservers, `must not have more than ${nameserversMax} nameservers`));
  nameservers.forEach((ip, i) => errors.push(...invalidEach(checkIp(ip), at(child(here, 'nameservers'), i), ip)));
  if (searches.length > searchesMax) errors.push(invalidValue(child(here, 'searches'), searches, `must not have more than ${searchesMax} search paths`));
  const together = searches.join(' ').length;
  if (together > searchLengthMax) errors.push(invalidValue(child(here, 'searches'), searches, `must not have more than ${searchLengthMax} characters (including spaces) in the search list`));
  searches.forEach((domain, i) => {
    const name = domain === '.' || !domain.endsWith('.') ? domain : domain.slice(0, -1);
    errors.push(...invalidEach(checkSearchDomain(name), at(child(here, 'searches'), i), name));
  });
  (config.options ?? []).forEach((option, i) => {
    if ((option.name ?? '') === '') errors.push(required(at(child(here, 'options'), i), 'must not be empty'));
  });
  return errors;
}

const searchLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const searchDomain = `${searchLabel}(\\.${searchLabel})*`;
const searchPattern = new RegExp(`^${searchDomain}$`);

/** Names to complete others with: the root, or a subdomain, whose labels may begin with an underscore as those of services do. */
function checkSearchDomain(name: string): string[] {
  if (name === '.') return [];
  const errors = byteLength(name) > subdomainLengthMax ? [maxLengthError(subdomainLengthMax)] : [];
  if (searchPattern.test(name)) return errors;
  return [...errors, `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${searchDomain}')`];
}
