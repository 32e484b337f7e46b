import type { PodSpec, ResourceRequirements } from '../../gen/types/core-v1.ts';
import { compareQuantities, isQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, fieldNotFound, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkQualifiedName } from '../../validation/names.ts';

const standardNames: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Requests and limits of a container. */
export function validateResources(resources: ResourceRequirements | undefined, spec: PodSpec, path: string): FieldError[] {
  if (resources === undefined) return [];
  const { limits = {}, requests = {} } = resources;
  const errors = [...validateAmounts(limits, child(path, 'limits')), ...validateAmounts(requests, child(path, 'requests'))];
  for (const [name, request] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    const overcommitable = standardNames.has(name);
    if (limit === undefined) {
      if (!overcommitable) errors.push(required(child(path, 'limits'), 'Limit must be set for non overcommitable resources'));
      continue;
    }
    const order = compareQuantities(parseQuantity(request), parseQuantity(limit));
    if (!overcommitable && order !== 0) errors.push(invalidValue(child(path, 'requests'), request, `must be equal to ${name} limit of ${limit}`));
    else if (order > 0) errors.push(invalidValue(child(path, 'requests'), request, `must be less than or equal to ${name} limit of ${limit}`));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some((n) => n.startsWith('hugepages-')) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
  return [...errors, ...validateClaims(resources, spec, child(path, 'claims'))];
}

/** Names and amounts of a resource list. */
export function validateAmounts(amounts: Readonly<Record<string, string>>, path: string): FieldError[] {
  return Object.entries(amounts).flatMap(([name, text]) => {
    const here = at(path, name);
    const errors = checkResourceName(name).map((e) => invalidValue(here, name, e));
    const { nano } = parseQuantity(text);
    if (nano < 0n) errors.push(invalidValue(here, text, 'must be greater than or equal to 0'));
    const page = name.startsWith('hugepages-') ? pageSize(name) : undefined;
    if (page !== undefined && (page <= 0n || nano % page !== 0n)) errors.push(invalidValue(here, text, 'must be a multiple of the page size'));
    if (isExtended(name) && nano % 1_000_000_000n !== 0n) errors.push(invalidValue(here, text, 'must be an integer'));
    return errors;
  });
}

/** The size that the name of huge pages ends with, as the amounts of them count; undefined when it is none. */
function pageSize(name: string): bigint | undefined {
  const size = name.slice('hugepages-'.length);
  return isQuantity(size) ? parseQuantity(size).nano : undefined;
}

/** Names of what a container may ask for. */
function checkResourceName(name: string): string[] {
  const wrong = checkQualifiedName(name);
  if (wrong.length > 0) return wrong;
  if (!name.includes('/')) return standardNames.has(name) || name.startsWith('hugepages-') ? [] : ['must be a standard resource for containers'];
  return !name.includes('kubernetes.io/') && name.startsWith('requests.') ? ["doesn't follow extended resource name standard"] : [];
}

function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/');
}

function validateClaims(resources: ResourceRequirements, spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  const known = new Set((resources.claims ?? []).length === 0 ? [] : (spec.resourceClaims ?? []).map((claim) => claim.name));
  return (resources.claims ?? []).flatMap((claim, i) => {
    const here = at(path, i);
    if ((claim.name ?? '') === '') return [required(child(here, 'name'))];
    const key = `${claim.name}/${claim.request ?? ''}`;
    if (seen.has(key)) return [duplicate(here, key)];
    seen.add(key);
    return known.has(claim.name) ? [] : [fieldNotFound(here, claim.name)];
  });
}
