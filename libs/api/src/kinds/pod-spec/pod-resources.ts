import type { Container, PodResourceClaim, PodSpec } from '../../gen/types/core-v1.ts';
import { compareQuantities, formatQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { checked, each } from '../../validation/values.ts';
import { podLimits, podRequests } from '../core/pod-resources.ts';
import { validateAmounts, validateResources } from './resources.ts';

const ofPods = ['cpu', 'memory'];
const isOfPods = (name: string): boolean => ofPods.includes(name) || name.startsWith('hugepages-');

/** What a pod asks for as a whole (KEP-2837), what comes on top of its containers, and the claims that they share. */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  return [...validateWhole(spec, child(path, 'resources')), ...validateAmounts(spec.overhead ?? {}, child(path, 'overhead.limits')), ...validateClaims(spec.resourceClaims, child(path, 'resourceClaims'))];
}

function validateWhole(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')];
  const errors = (resources.claims ?? []).length > 0 ? [forbidden(child(path, 'claims'), 'claims may not be set for Resources at pod-level')] : [];
  for (const which of ['limits', 'requests'] as const) {
    const unknown = Object.keys(resources[which] ?? {}).filter((name) => !isOfPods(name));
    errors.push(...unknown.map((name) => notSupported(at(child(path, which), name), name, ofPods)));
  }
  if (errors.length > 0) return errors;
  const { limits, requests } = resources;
  return [...validateResources({ ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) }, spec, path), ...validateConsistency(spec, path)];
}

/** The whole is not less than its parts. */
function validateConsistency(spec: PodSpec, path: string): FieldError[] {
  const { requests = {}, limits = {} } = spec.resources ?? {};
  const errors: FieldError[] = [];
  const { resources: _, overhead: __, ...parts } = spec;
  for (const [name, sum] of podRequests(parts)) {
    const whole = Object.hasOwn(requests, name) ? requests[name] : undefined;
    if (whole === undefined || compareQuantities(sum, parseQuantity(whole)) <= 0) continue;
    errors.push(invalidValue(at(child(path, 'requests'), name), whole, `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`));
  }
  for (const [name, sum] of podLimits(parts)) {
    const whole = Object.hasOwn(limits, name) && name.startsWith('hugepages-') ? limits[name] : undefined;
    if (whole === undefined || compareQuantities(sum, parseQuantity(whole)) <= 0) continue;
    errors.push(invalidValue(at(child(path, 'limits'), name), whole, `must be greater than or equal to aggregate container limits of ${formatQuantity(sum)}`));
  }
  return [...errors, ...each(spec.containers, child(path, 'containers'), (container, here) => validateLimits(container, limits, here))];
}

function validateLimits({ resources }: Container, ofPod: Readonly<Record<string, string>>, path: string): FieldError[] {
  return Object.entries(resources?.limits ?? {}).flatMap(([name, limit]) => {
    const whole = Object.hasOwn(ofPod, name) ? ofPod[name] : undefined;
    if (whole === undefined || compareQuantities(parseQuantity(limit), parseQuantity(whole)) <= 0) return [];
    // The path is upstream's own, the container below the resources of the pod.
    return [invalidValue(child(at(path, name), 'limits'), limit, `must be less than or equal to pod limits of ${whole}`)];
  });
}

function validateClaims(claims: readonly PodResourceClaim[] | undefined, path: string): FieldError[] {
  const names = new Set<string>();
  return each(claims, path, (claim, here) => {
    const field = child(here, 'name');
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim as Partial<PodResourceClaim>;
    const errors = name === '' ? [required(field)] : names.has(name) ? [duplicate(field, name)] : checked(name, field, checkDns1123Label);
    names.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalidValue(here, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    } else if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalidValue(here, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    for (const source of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[source];
      if (value !== undefined) errors.push(...checkDns1123Subdomain(value).map((e) => invalidValue(child(here, source), value, e)));
    }
    return errors;
  });
}
