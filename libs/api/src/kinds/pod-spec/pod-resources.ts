import type { Container, PodResourceClaim, PodSpec } from '../../gen/types/core-v1.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import { canonicalQuantity, compareQuantities, formatQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidEach, invalidValue, notSupported, required, together, wholeObject } from '../../validation/field-error.ts';
import { checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { checked, each } from '../../validation/values.ts';
import { podLimits, podRequests } from '../core/pod-resources.ts';
import { checkResourceName, isHugePages } from '../core/resource-names.ts';
import { mirrorAnnotation } from './mirror.ts';
import { validateResources } from './resources.ts';

const ofPods = ['cpu', 'memory'];

/** What a pod asks for as a whole (KEP-2837). */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')];
  const errors = (resources.claims ?? []).length > 0 ? [forbidden(child(path, 'claims'), 'claims may not be set for Resources at pod-level')] : [];
  return together(errors, validateResources(resources, spec, path, nameOfPods), validateConsistency(spec, path));
}

function nameOfPods(name: string, path: string): FieldError[] {
  const wrong = checkResourceName(name);
  if (wrong.length > 0) return wrong.map((e) => invalidValue(path, name, e));
  return ofPods.includes(name) || isHugePages(name) ? [] : [notSupported(path, name, ofPods)];
}

/** The whole is not less than its parts. */
function validateConsistency(spec: PodSpec, path: string): FieldError[] {
  const { requests = {}, limits = {} } = spec.resources ?? {};
  const errors: FieldError[] = [];
  const { resources: _, overhead: __, ...parts } = spec;
  for (const [name, sum] of podRequests(parts)) {
    const whole = Object.hasOwn(requests, name) ? requests[name] : undefined;
    if (whole === undefined || compareQuantities(sum, parseQuantity(whole)) <= 0) continue;
    errors.push(invalidValue(at(child(path, 'requests'), name), canonicalQuantity(whole), `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`));
  }
  for (const [name, sum] of podLimits(parts)) {
    const whole = Object.hasOwn(limits, name) && name.startsWith('hugepages-') ? limits[name] : undefined;
    if (whole === undefined || compareQuantities(sum, parseQuantity(whole)) <= 0) continue;
    errors.push(invalidValue(at(child(path, 'limits'), name), canonicalQuantity(whole), `must be greater than or equal to aggregate container limits of ${formatQuantity(sum)}`));
  }
  return together(errors, each(spec.containers, child(path, 'containers'), (container, here) => validateLimits(container, limits, here)));
}

function validateLimits({ resources }: Container, ofPod: Readonly<Record<string, string>>, path: string): FieldError[] {
  return Object.entries(resources?.limits ?? {}).flatMap(([name, limit]) => {
    const whole = Object.hasOwn(ofPod, name) ? ofPod[name] : undefined;
    if (whole === undefined || compareQuantities(parseQuantity(limit), parseQuantity(whole)) <= 0) return [];
    // The path is upstream's own, the container below the resources of the pod.
    return [invalidValue(child(at(path, name), 'limits'), canonicalQuantity(limit), `must be less than or equal to pod limits of ${canonicalQuantity(whole)}`)];
  });
}

/** The claims that containers of the pod may share. `pod` is the metadata of a pod: what the kubelet shows of its own files cannot have any. */
export function validatePodClaims(claims: readonly PodResourceClaim[] | undefined, path: string, pod?: ObjectMeta): FieldError[] {
  if (pod?.annotations !== undefined && Object.hasOwn(pod.annotations, mirrorAnnotation)) return (claims ?? []).map(() => forbidden(wholeObject, 'static pods do not support resource claims'));
  const names = new Set<string>();
  return each(claims, path, (claim, here) => {
    const field = child(here, 'name');
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim as Partial<PodResourceClaim>;
    const errors = name === '' ? [required(field)] : names.has(name) ? [duplicate(field, name)] : checked(name, field, checkDns1123Label);
    names.add(name);
    // As upstream shows it: the fields of its own type.
    const shown = { Name: name, ResourceClaimName: resourceClaimName ?? null, ResourceClaimTemplateName: resourceClaimTemplateName ?? null };
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalidValue(here, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    } else if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalidValue(here, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    for (const source of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[source];
      if (value !== undefined) errors.push(...invalidEach(checkDns1123Subdomain(value), child(here, source), value));
    }
    return errors;
  });
}
