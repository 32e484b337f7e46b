import type { PolicyRule } from '@rhythm/api/types/rbac-v1';
import { pathMatches, resourceMatches } from './rule.ts';

/** More single permissions than this in one role are refused instead of counted out. */
export const permissionsMax = 200_000;

/** Raised when a role grants more single permissions than `permissionsMax`. */
export class TooManyPermissionsError extends Error {
  override readonly name = 'TooManyPermissionsError';
}

/**
 * The permissions of `wanted` that `held` does not cover, as rules of one verb and one resource each (upstream
 * rule: `Covers` of rbac/validation). Empty: whoever holds `held` may grant `wanted`.
 */
export function missingPermissions(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  let count = 0;
  const missing: PolicyRule[] = [];
  for (const rule of wanted) {
    for (const single of singlePermissions(rule)) {
      if (++count > permissionsMax) throw new TooManyPermissionsError(`the role grants more than ${permissionsMax} single permissions`);
      if (!held.some((have) => coversSingle(have, single))) missing.push(single);
    }
  }
  return missing;
}

function* singlePermissions(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs ?? []) {
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const single = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if ((rule.resourceNames ?? []).length === 0) yield single;
        for (const name of rule.resourceNames ?? []) yield { ...single, resourceNames: [name] };
      }
    }
    for (const path of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [path] };
  }
}

function coversSingle(have: PolicyRule, single: PolicyRule): boolean {
  const verbs = have.verbs ?? [];
  if (!verbs.includes('*') && !verbs.includes(single.verbs[0] ?? '')) return false;
  const path = single.nonResourceURLs?.[0];
  if (path !== undefined) return pathMatches(have.nonResourceURLs, path);
  const groups = have.apiGroups ?? [];
  if (!groups.includes('*') && !groups.includes(single.apiGroups?.[0] ?? '')) return false;
  const [resource, subresource] = split(single.resources?.[0] ?? '');
  if (!resourceMatches(have.resources, resource, subresource)) return false;
  const names = have.resourceNames ?? [];
  const name = single.resourceNames?.[0];
  return names.length === 0 || (name !== undefined && names.includes(name));
}

function split(resource: string): [string, string] {
  const at = resource.indexOf('/');
  return at < 0 ? [resource, ''] : [resource.slice(0, at), resource.slice(at + 1)];
}
