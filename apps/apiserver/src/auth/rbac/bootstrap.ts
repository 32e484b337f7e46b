import type { KubeObject } from '@rhythm/api';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '@rhythm/api/types/rbac-v1';
import { planAggregation, ruleKey } from './aggregation.ts';
import { missingPermissions } from './covers.ts';
import { bootstrapFacts } from './gen/bootstrap.ts';
import { rbacGroup } from './live-index.ts';

/** One role or binding that every cluster starts with. */
export interface BootstrapFact {
  readonly kind: string;
  /** '' for the cluster's own. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** matchLabels of each cluster role selector. */
  readonly aggregate?: ReadonlyArray<Readonly<Record<string, string>>>;
  readonly rules: readonly PolicyRule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects: readonly Subject[];
}

export type RbacObject = Role | ClusterRole | RoleBinding | ClusterRoleBinding;

const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate';
const bootstrapLabels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const user = (name: string): Subject => ({ kind: 'User', name, apiGroup: rbacGroup });

/** What Rhythm adds to the roles of Kubernetes. */
const ownFacts: readonly BootstrapFact[] = [
  {
    kind: 'ClusterRole',
    namespace: '',
    name: 'rhythm:dns',
    labels: bootstrapLabels,
    rules: [
      { verbs: ['list', 'watch'], apiGroups: [''], resources: ['services', 'namespaces', 'pods', 'endpoints'] },
      { verbs: ['list', 'watch'], apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
    ],
    subjects: [],
  },
  { kind: 'ClusterRoleBinding', namespace: '', name: 'rhythm:dns', labels: bootstrapLabels, rules: [], roleRef: { kind: 'ClusterRole', name: 'rhythm:dns' }, subjects: [user('system:rhythm-dns')] },
];

/** Subjects that a binding gets besides upstream's. */
function ownSubjects(fact: BootstrapFact): readonly Subject[] {
  // Our controllers run under the manager's own identity, not under one service account each.
  if (fact.kind.endsWith('Binding') && fact.name.startsWith('system:controller:')) return [user('system:kube-controller-manager')];
  return [];
}

/** All roles and bindings of a new cluster, aggregated rules filled in; roles before the bindings that refer to them. */
export function bootstrapObjects(): RbacObject[] {
  const objects = [...bootstrapFacts, ...ownFacts].map(objectOf);
  const clusterRoles = objects.filter((object): object is ClusterRole => object.kind === 'ClusterRole');
  const aggregated = planAggregation(clusterRoles);
  for (const role of clusterRoles) {
    const rules = aggregated.get(role.metadata.name ?? '');
    if (rules !== undefined) role.rules = rules;
  }
  const isRole = (object: RbacObject): boolean => object.kind === 'Role' || object.kind === 'ClusterRole';
  return [...objects.filter(isRole), ...objects.filter((object) => !isRole(object))];
}

function objectOf(fact: BootstrapFact): RbacObject {
  const head = {
    kind: fact.kind,
    apiVersion: `${rbacGroup}/v1`,
    metadata: { name: fact.name, ...(fact.namespace === '' ? {} : { namespace: fact.namespace }), labels: { ...fact.labels }, annotations: { [autoUpdate]: 'true' } },
  };
  if (fact.roleRef !== undefined) {
    return { ...head, roleRef: { apiGroup: rbacGroup, ...fact.roleRef }, subjects: [...fact.subjects, ...ownSubjects(fact)].map((subject) => ({ ...subject })) };
  }
  const rules = fact.rules.map((rule) => ({ ...rule }));
  if (fact.aggregate === undefined) return { ...head, rules };
  return { ...head, rules, aggregationRule: { clusterRoleSelectors: fact.aggregate.map((labels) => ({ matchLabels: { ...labels } })) } };
}

/** The plural of an RBAC kind. */
export function rbacResource(kind: string): string {
  return `${kind.toLowerCase()}s`;
}

/**
 * `found` with what is missing of `wanted` added, or `undefined` when nothing is: missing permissions and subjects come back,
 * additions of the administrator stay. Nothing is touched where the autoupdate annotation says "false", nor a binding
 * that refers to another role.
 */
export function reconciled(found: RbacObject, wanted: RbacObject): RbacObject | undefined {
  if (found.metadata.annotations?.[autoUpdate] === 'false') return undefined;
  const updated = structuredCloneOf(found);
  let changed = false;
  for (const kind of ['labels', 'annotations'] as const) {
    for (const [key, value] of Object.entries(wanted.metadata[kind] ?? {})) {
      if (updated.metadata[kind]?.[key] !== undefined) continue;
      updated.metadata[kind] = { ...updated.metadata[kind], [key]: value };
      changed = true;
    }
  }
  if ('roleRef' in wanted && 'roleRef' in updated) {
    if (updated.roleRef.kind !== wanted.roleRef.kind || updated.roleRef.name !== wanted.roleRef.name) return undefined;
    const missing = (wanted.subjects ?? []).filter((subject) => !(updated.subjects ?? []).some((have) => sameSubject(have, subject)));
    if (missing.length > 0) updated.subjects = [...(updated.subjects ?? []), ...missing];
    return changed || missing.length > 0 ? updated : undefined;
  }
  if (!('rules' in wanted) || !('rules' in updated)) return undefined;
  if ('aggregationRule' in wanted && wanted.aggregationRule !== undefined) {
    const selectors = (updated as ClusterRole).aggregationRule?.clusterRoleSelectors ?? [];
    const missing = (wanted.aggregationRule.clusterRoleSelectors ?? []).filter((s) => !selectors.some((have) => JSON.stringify(have) === JSON.stringify(s)));
    if (missing.length === 0) return changed ? updated : undefined;
    (updated as ClusterRole).aggregationRule = { clusterRoleSelectors: [...selectors, ...missing] };
    return updated;
  }
  const missing = missingPermissions(updated.rules ?? [], wanted.rules);
  if (missing.length > 0) updated.rules = [...(updated.rules ?? []), ...wholeRules(wanted.rules, missing)];
  return changed || missing.length > 0 ? updated : undefined;
}

/** The rules of `wanted` that some missing permission belongs to, whole: they read better than single permissions. */
function wholeRules(wanted: readonly PolicyRule[], missing: readonly PolicyRule[]): PolicyRule[] {
  const keys = new Set(missing.map(ruleKey));
  return wanted.filter((rule) => missingPermissions([], [rule]).some((single) => keys.has(ruleKey(single)))).map((rule) => ({ ...rule }));
}

function sameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

function structuredCloneOf<T extends KubeObject>(object: T): T {
  return JSON.parse(JSON.stringify(object)) as T;
}
