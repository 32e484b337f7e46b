import type { ClusterRole, PolicyRule } from '@rhythm/api/types/rbac-v1';
import type { LabelSelector } from '@rhythm/api/types/meta-v1';

/**
 * The rules of the aggregated cluster roles, by name: the union of the rules of the roles that their selectors choose, in
 * order of name (clusterrole-aggregation of Kubernetes). Only roles whose rules differ from what they hold are returned.
 * A role never includes itself; aggregates of aggregates settle over rounds.
 */
export function planAggregation(roles: readonly ClusterRole[]): Map<string, PolicyRule[]> {
  const sorted = [...roles].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const rulesOf = new Map(sorted.map((role) => [role, role.rules ?? []]));
  const aggregated = sorted.filter((role) => role.aggregationRule !== undefined && role.aggregationRule !== null);
  for (let round = 0, moved = true; moved && round <= aggregated.length; round++) {
    moved = false;
    for (const role of aggregated) {
      const rules = unionFor(role, sorted, rulesOf);
      if (sameRules(rules, rulesOf.get(role) ?? [])) continue;
      rulesOf.set(role, rules);
      moved = true;
    }
  }
  const changed = aggregated.filter((role) => !sameRules(role.rules ?? [], rulesOf.get(role) ?? []));
  return new Map(changed.map((role) => [role.metadata.name ?? '', rulesOf.get(role) ?? []]));
}

function unionFor(role: ClusterRole, all: readonly ClusterRole[], rulesOf: ReadonlyMap<ClusterRole, PolicyRule[]>): PolicyRule[] {
  const union: PolicyRule[] = [];
  const seen = new Set<string>();
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const candidate of all) {
      if (candidate === role || !selects(selector, candidate.metadata.labels ?? {})) continue;
      for (const rule of rulesOf.get(candidate) ?? []) {
        const key = ruleKey(rule);
        if (seen.has(key)) continue;
        seen.add(key);
        union.push(rule);
      }
    }
  }
  return union;
}

function sameRules(a: readonly PolicyRule[], b: readonly PolicyRule[]): boolean {
  return a.length === b.length && a.every((rule, i) => ruleKey(rule) === ruleKey(b[i] as PolicyRule));
}

/** A rule as a string that two equal rules share. */
export function ruleKey(rule: PolicyRule): string {
  return JSON.stringify([rule.verbs, rule.apiGroups ?? [], rule.resources ?? [], rule.resourceNames ?? [], rule.nonResourceURLs ?? []]);
}

/** Whether a label selector chooses these labels; an empty selector chooses all (meta/v1 LabelSelector). */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const valueOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (valueOf(key) !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = valueOf(key);
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && (values ?? []).includes(value);
    if (operator === 'NotIn') return value === undefined || !(values ?? []).includes(value);
    return false;
  });
}
