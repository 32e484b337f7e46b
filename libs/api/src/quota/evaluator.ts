import type { Instant } from '@rhythm/base';
import type { Amounts } from '../kinds/core/pod-resources.ts';
import type { KubeObject } from '../resource.ts';

/** One condition under which a quota counts an object: a scope, with an operator where it has values. */
export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** How objects of one resource are counted. Source: Kubernetes, pkg/quota/v1/evaluator. */
export interface QuotaEvaluator {
  readonly group: string;
  readonly resource: string;
  /** Whether a write can change what is used. Creation always can. */
  readonly countsUpdate: (subresource: string, object: KubeObject, old: KubeObject) => boolean;
  /** Whether this resource is what a name in a quota's `hard` is about. */
  matches(name: string): boolean;
  matchesScope(requirement: ScopeRequirement, object: KubeObject): boolean;
  /** What an object leaves unsaid that a quota on `names` needs to know. */
  complaint?(names: readonly string[], object: KubeObject): string | undefined;
  /** What the object uses. `now` tells whether a pod that should be gone is still counted. */
  usage(object: KubeObject, now: Instant): Amounts;
}

/** The scopes of a quota and its selector, which all have to hold. */
export function requirementsOf(spec: { readonly scopes?: readonly string[]; readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] } } | undefined): ScopeRequirement[] {
  return [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })), ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether a name (none: undefined) is what a requirement with values asks for. */
export function nameMatches({ operator, values = [] }: ScopeRequirement, name: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return name !== undefined && values.includes(name);
    case 'NotIn':
      return name === undefined || !values.includes(name);
    case 'Exists':
      return name !== undefined;
    case 'DoesNotExist':
      return name === undefined;
    default:
      return false;
  }
}

/** The name by which objects of a resource are counted: `count/deployments.apps`. */
export function countName(group: string, resource: string): string {
  return `count/${resource}${group === '' ? '' : `.${group}`}`;
}
