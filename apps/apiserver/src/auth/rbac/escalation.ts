import type { PolicyRule, Role, RoleBinding, ClusterRole, ClusterRoleBinding } from '@rhythm/api/types/rbac-v1';
import type { AdmissionRequest, AdmissionStep, UserInfo } from '../../ports/types.ts';
import { forbiddenObject } from '../forbidden.ts';
import { mastersGroup } from '../groups.ts';
import { ruleKey } from './aggregation.ts';
import { everything, type RbacAuthorizer } from './authorizer.ts';
import { missingPermissions, TooManyPermissionsError } from './covers.ts';
import { rbacGroup } from './live-index.ts';
import { ruleText } from './rule.ts';

/** How many missing permissions a refusal lists. */
const listedMax = 50;

/**
 * Nobody grants what they do not hold: a role may be written only by who has all its permissions at that scope or the verb
 * `escalate` on it, a binding only by who has the role's permissions or the verb `bind` on the role (RBAC, privilege
 * escalation prevention).
 */
export function escalationStep(authorizer: RbacAuthorizer): AdmissionStep {
  return {
    name: 'RBACEscalation',
    validate(request) {
      const { attributes, object } = request;
      if (attributes.group !== rbacGroup || attributes.subresource !== '' || object === undefined) return undefined;
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return undefined;
      if (attributes.user.groups.includes(mastersGroup)) return undefined;
      if (request.kind.kind === 'Role' || request.kind.kind === 'ClusterRole') return checkRole(authorizer, request);
      return request.kind.kind === 'RoleBinding' || request.kind.kind === 'ClusterRoleBinding' ? checkBinding(authorizer, request) : undefined;
    },
  };
}

async function checkRole(authorizer: RbacAuthorizer, request: AdmissionRequest): Promise<void> {
  const role = request.object as Role & ClusterRole;
  const old = request.old as (Role & ClusterRole) | undefined;
  const rules = role.rules ?? [];
  const sameRules = old !== undefined && JSON.stringify(rules.map(ruleKey)) === JSON.stringify((old.rules ?? []).map(ruleKey));
  const sameAggregation = JSON.stringify(role.aggregationRule ?? null) === JSON.stringify(old?.aggregationRule ?? null);
  if (sameRules && sameAggregation) return;
  if (await has(authorizer, request, 'escalate', request.attributes.resource, nameOf(request))) return;
  // Whoever chooses what is aggregated can end up granting anything.
  const wanted = sameAggregation ? rules : [...rules, ...everything];
  await refuseUnlessHeld(authorizer, request, wanted);
}

async function checkBinding(authorizer: RbacAuthorizer, request: AdmissionRequest): Promise<void> {
  const binding = request.object as RoleBinding | ClusterRoleBinding;
  const old = request.old as RoleBinding | ClusterRoleBinding | undefined;
  const same = old !== undefined && JSON.stringify([binding.subjects ?? [], binding.roleRef]) === JSON.stringify([old.subjects ?? [], old.roleRef]);
  if (same) return;
  const resource = binding.roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (await has(authorizer, request, 'bind', resource, binding.roleRef.name)) return;
  const rules = await authorizer.roleRules(binding.roleRef, request.attributes.namespace);
  if (rules === undefined) {
    throw forbiddenObject(request.attributes, nameOf(request), `${resource}.${rbacGroup} ${JSON.stringify(binding.roleRef.name)} not found, and you may not bind roles that you do not hold`);
  }
  await refuseUnlessHeld(authorizer, request, rules);
}

async function refuseUnlessHeld(authorizer: RbacAuthorizer, request: AdmissionRequest, wanted: readonly PolicyRule[]): Promise<void> {
  const { user, namespace } = request.attributes;
  const missing = missingOrRefusal(await authorizer.policyRules(user, namespace), wanted);
  if (typeof missing !== 'string' && missing.length === 0) return;
  const texts = typeof missing === 'string' ? [missing] : missing.slice(0, listedMax).map(ruleText);
  const more = typeof missing !== 'string' && missing.length > listedMax ? [`and ${missing.length - listedMax} more`] : [];
  throw forbiddenObject(request.attributes, nameOf(request), `user ${userText(user)} is attempting to grant RBAC permissions not currently held:\n${[...texts, ...more].join('\n')}`);
}

function missingOrRefusal(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] | string {
  try {
    return missingPermissions(held, wanted);
  } catch (error) {
    if (error instanceof TooManyPermissionsError) return error.message;
    throw error;
  }
}

async function has(authorizer: RbacAuthorizer, request: AdmissionRequest, verb: string, resource: string, name: string): Promise<boolean> {
  const decision = await authorizer.authorize({ ...request.attributes, isResource: true, verb, group: rbacGroup, resource, subresource: '', name });
  return decision.allowed;
}

function nameOf(request: AdmissionRequest): string {
  return request.object?.metadata.name ?? request.attributes.name;
}

function userText(user: UserInfo): string {
  return `${JSON.stringify(user.name)} (groups=[${user.groups.map((group) => JSON.stringify(group)).join(' ')}])`;
}
