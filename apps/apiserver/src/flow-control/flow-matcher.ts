import type { FlowSchema, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '@rhythm/api/types/flowcontrol-v1';
import type { RequestAttributes, UserInfo } from '../ports/types.ts';

/** Whether a request is one of a flow schema's. */
export type FlowMatcher = (attributes: RequestAttributes) => boolean;

/** Compiles the rules of a FlowSchema: any of its rules, of that any subject and any resource or path. */
export function flowMatcher({ spec }: FlowSchema): FlowMatcher {
  const rules = (spec.rules ?? []).map(ruleMatcher);
  return rules.length === 1 ? (rules[0] as FlowMatcher) : (attributes) => rules.some((matches) => matches(attributes));
}

function ruleMatcher(rule: PolicyRulesWithSubjects): FlowMatcher {
  const isOf = subjectsMatcher(rule.subjects);
  const resources = (rule.resourceRules ?? []).map(resourceMatcher);
  const paths = (rule.nonResourceRules ?? []).map(pathMatcher);
  return (attributes) => {
    const about = attributes.isResource ? resources : paths;
    for (const matches of about) if (matches(attributes)) return isOf(attributes.user);
    return false;
  };
}

const serviceAccountPrefix = 'system:serviceaccount:';

function subjectsMatcher(subjects: readonly Subject[]): (user: UserInfo) => boolean {
  const users = new Set<string>();
  const groups = new Set<string>();
  const namespaces: string[] = [];
  for (const { user, group, serviceAccount } of subjects) {
    if (user !== undefined) users.add(user.name);
    if (group !== undefined) groups.add(group.name);
    if (serviceAccount?.name === '*') namespaces.push(`${serviceAccountPrefix}${serviceAccount.namespace}:`);
    else if (serviceAccount !== undefined) users.add(`${serviceAccountPrefix}${serviceAccount.namespace}:${serviceAccount.name}`);
  }
  const everyone = users.has('*') || groups.has('*');
  return (user) => {
    if (everyone || users.has(user.name)) return true;
    if (groups.size > 0) for (const group of user.groups) if (groups.has(group)) return true;
    for (const prefix of namespaces) if (user.name.startsWith(prefix)) return true;
    return false;
  };
}

/** A list in which `*` stands for all. */
function anyOf(names: readonly string[]): (name: string) => boolean {
  if (names.includes('*')) return () => true;
  if (names.length === 1) return (name) => name === names[0];
  const set = new Set(names);
  return (name) => set.has(name);
}

function resourceMatcher(rule: ResourcePolicyRule): FlowMatcher {
  const [verb, group, resource, namespace] = [rule.verbs, rule.apiGroups, rule.resources, rule.namespaces ?? []].map(anyOf) as [(name: string) => boolean, (name: string) => boolean, (name: string) => boolean, (name: string) => boolean];
  const clusterScope = rule.clusterScope === true;
  return (attributes) =>
    verb(attributes.verb) && group(attributes.group) && resource(attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`) && (attributes.namespace === '' ? clusterScope : namespace(attributes.namespace));
}

function pathMatcher(rule: NonResourcePolicyRule): FlowMatcher {
  const verb = anyOf(rule.verbs);
  const path = anyOf(rule.nonResourceURLs);
  const prefixes = rule.nonResourceURLs.filter((url) => url.endsWith('/*')).map((url) => url.slice(0, -1));
  return (attributes) => verb(attributes.verb) && (path(attributes.path) || prefixes.some((prefix) => attributes.path.startsWith(prefix)));
}
