import type { PolicyRule } from '@rhythm/api/types/rbac-v1';
import type { Authorizer, Decision, RequestAttributes, UserInfo } from '../../ports/types.ts';
import { mastersGroup } from '../groups.ts';
import type { LiveSubjectIndex } from './live-index.ts';
import { ruleAllows } from './rule.ts';

/** Role based access control: allows what some rule of the user's bindings allows, denies the rest. `system:masters` may do everything. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: LiveSubjectIndex;

  constructor(index: LiveSubjectIndex) {
    this.#index = index;
  }

  async authorize(attributes: RequestAttributes): Promise<Decision> {
    if (attributes.user.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
    const index = await this.#index.current();
    const namespace = attributes.isResource ? attributes.namespace : '';
    for (const grant of index.grantsOf(attributes.user, namespace)) {
      for (const rule of grant.rules) if (ruleAllows(rule, attributes)) return { allowed: true, reason: grant.reason };
    }
    return { allowed: false, reason: '' };
  }

  async rulesFor(user: UserInfo, namespace: string): Promise<{ resourceRules: PolicyRule[]; nonResourceRules: PolicyRule[]; incomplete: boolean }> {
    const resourceRules: PolicyRule[] = [];
    const nonResourceRules: PolicyRule[] = [];
    for (const rule of await this.policyRules(user, namespace)) {
      if ((rule.resources ?? []).length > 0) resourceRules.push(resourceRule(rule));
      if ((rule.nonResourceURLs ?? []).length > 0) nonResourceRules.push({ verbs: [...rule.verbs], nonResourceURLs: [...(rule.nonResourceURLs ?? [])] });
    }
    return { resourceRules, nonResourceRules, incomplete: false };
  }

  /** Every rule that `user` holds in `namespace`; those of the whole cluster when it is ''. */
  async policyRules(user: UserInfo, namespace: string): Promise<PolicyRule[]> {
    const index = await this.#index.current();
    const held: PolicyRule[] = user.groups.includes(mastersGroup) ? [...everything] : [];
    for (const grant of index.grantsOf(user, namespace)) held.push(...grant.rules);
    return held;
  }

  /** The rules of the role that a binding in `namespace` refers to. */
  async roleRules(ref: { readonly kind: string; readonly name: string }, namespace: string): Promise<readonly PolicyRule[] | undefined> {
    return (await this.#index.current()).roleRules(ref, namespace);
  }
}

/** The rules that allow everything. */
export const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function resourceRule(rule: PolicyRule): PolicyRule {
  return {
    verbs: [...rule.verbs],
    apiGroups: [...(rule.apiGroups ?? [])],
    resources: [...(rule.resources ?? [])],
    ...((rule.resourceNames ?? []).length === 0 ? {} : { resourceNames: [...(rule.resourceNames ?? [])] }),
  };
}
