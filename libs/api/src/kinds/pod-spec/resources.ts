import type { PodSpec, ResourceRequirements } from '../../gen/types/core-v1.ts';
import { canonicalQuantity, compareQuantities, isQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, fieldNotFound, forbidden, invalidEach, invalidValue, ofEach, required, together } from '../../validation/field-error.ts';
import { checkDns1123Label } from '../../validation/names.ts';
import { each, requiredChecked } from '../../validation/values.ts';
import { checkContainerResourceName, isHugePages, isOvercommitAllowed, validateAmount } from '../core/resource-names.ts';

/** What is wrong with the name of a resource, whose amount `path` is. */
export type ResourceNameRule = (name: string, path: string) => FieldError[];

const nameOfContainers: ResourceNameRule = (name, path) => invalidEach(checkContainerResourceName(name), path, name);

/** Longest list of names in one error. */
const namesShownMax = 1024;

type Amounts = Readonly<Record<string, string>>;

/** Requests, limits and claims of a container; or of a pod, whose resources are fewer. */
export function validateResources(resources: ResourceRequirements | undefined, spec: PodSpec, path: string, checkName = nameOfContainers): FieldError[] {
  if (resources === undefined) return [];
  const { limits = {}, requests = {} } = resources;
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const errors = together(
    validateAmounts(limits, child(path, 'limits'), checkName),
    ofEach(Object.entries(requests), ([name, request]) => together(
      validateOne(name, request, at(child(path, 'requests'), name), checkName),
      validateAgainstLimit(name, request, limits, path),
      validatePages(name, request, at(child(path, 'requests'), name)),
    )),
  );
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) errors.push(forbidden(path, 'HugePages require cpu or memory'));
  return together(errors, validateClaims(resources, spec, child(path, 'claims')));
}

/** Names and amounts of a resource list. */
export function validateAmounts(amounts: Amounts, path: string, checkName = nameOfContainers): FieldError[] {
  return ofEach(Object.entries(amounts), ([name, amount]) => together(validateOne(name, amount, at(path, name), checkName), validatePages(name, amount, at(path, name))));
}

function validateOne(name: string, amount: string, path: string, checkName: ResourceNameRule): FieldError[] {
  return together(checkName(name, path), validateAmount(name, amount, path));
}

/** Less than the limit; of what is never promised twice, as much. */
function validateAgainstLimit(name: string, request: string, limits: Amounts, path: string): FieldError[] {
  const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
  const exact = !isOvercommitAllowed(name);
  if (limit === undefined) return exact ? [required(child(path, 'limits'), 'Limit must be set for non overcommitable resources')] : [];
  const order = compareQuantities(parseQuantity(request), parseQuantity(limit));
  const [shown, most] = [canonicalQuantity(request), canonicalQuantity(limit)];
  if (exact && order !== 0) return [invalidValue(child(path, 'requests'), shown, `must be equal to ${name} limit of ${most}`)];
  return order > 0 ? [invalidValue(child(path, 'requests'), shown, `must be less than or equal to ${name} limit of ${most}`)] : [];
}

/** Huge pages come whole, of the size that their name ends with. */
function validatePages(name: string, amount: string, path: string): FieldError[] {
  if (!isHugePages(name)) return [];
  const size = name.slice('hugepages-'.length);
  const page = isQuantity(size) ? parseQuantity(size).nano : 0n;
  if (page > 0n && page % 1_000_000_000n === 0n && parseQuantity(amount).nano % page === 0n) return [];
  const shown = canonicalQuantity(amount);
  return [invalidValue(path, shown, `${shown} is not positive integer multiple of ${name}`)];
}

/** Claims of the pod, each request of them once: a claim without a request stands for all of its requests. */
function validateClaims({ claims = [] }: ResourceRequirements, spec: PodSpec, path: string): FieldError[] {
  if (claims.length === 0) return [];
  const known = new Set((spec.resourceClaims ?? []).map((claim) => claim.name).filter((name) => (name ?? '') !== ''));
  const detail = `must be one of the names in pod.spec.resourceClaims${known.size === 0 ? ' which is empty' : `: ${shortened([...known].sort().join(', '))}`}`;
  const whole = new Set<string>();
  const inPart = new Map<string, Set<string>>();
  return each(claims, path, ({ name = '', request = '' }: { name?: string; request?: string }, here) => {
    if (name === '') return [required(here)];
    const errors: FieldError[] = [];
    const parts = inPart.get(name) ?? new Set<string>();
    if (whole.has(name)) errors.push(duplicate(here, name));
    else if (request === '') {
      errors.push(...[...parts].map(() => duplicate(here, name)));
      whole.add(name);
    } else {
      errors.push(...requiredChecked(request, child(here, 'request'), checkDns1123Label));
      if (parts.has(request)) errors.push(duplicate(here, `${name}/${request}`));
      inPart.set(name, parts.add(request));
    }
    return known.has(name) ? errors : [...errors, fieldNotFound(here, name, detail)];
  });
}

/** Names come from the client, and are told once for each claim that is none of them. */
function shortened(names: string): string {
  return names.length > namesShownMax ? `${names.slice(0, namesShownMax)}…` : names;
}
