import type { Instant } from '@rhythm/base';
import type { ResourceQuota } from '../gen/types/core-v1.ts';
import type { Amounts } from '../kinds/core/pod-resources.ts';
import type { Quantity } from '../quantity.ts';
import type { KubeObject } from '../resource.ts';
import { amountsOf, only, sum, zero } from './amounts.ts';
import { requirementsOf, type QuotaEvaluator } from './evaluator.ts';

/** The objects of one resource in the namespace of a quota. */
export interface Counted {
  readonly evaluator: QuotaEvaluator;
  readonly objects: readonly KubeObject[];
}

/**
 * What is used of everything in `spec.hard` that `counted` covers: zero where nothing is. A name that nothing counts keeps what the
 * status says about it. Source: Kubernetes, controller/resourcequota syncResourceQuota.
 */
export function recount(quota: ResourceQuota, counted: readonly Counted[], now: Instant): Amounts {
  const hard = amountsOf(quota.spec?.hard);
  const requirements = requirementsOf(quota.spec);
  let found: Map<string, Quantity> = only(amountsOf(quota.status?.used), (name) => hard.has(name));
  for (const name of hard.keys()) if (counted.some(({ evaluator }) => evaluator.matches(name))) found.set(name, zero);
  for (const { evaluator, objects } of counted) {
    const names = new Set([...hard.keys()].filter((name) => evaluator.matches(name)));
    if (names.size === 0) continue;
    for (const object of objects) {
      if (!requirements.every((requirement) => evaluator.matchesScope(requirement, object))) continue;
      found = sum(found, only(evaluator.usage(object, now), (name) => names.has(name)));
    }
  }
  return found;
}
