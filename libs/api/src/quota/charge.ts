import type { Instant } from '@rhythm/base';
import type { ResourceQuota } from '../gen/types/core-v1.ts';
import type { Amounts } from '../kinds/core/pod-resources.ts';
import type { KubeObject } from '../resource.ts';
import { amountsOf, beyond, excess, only, sum, textOf } from './amounts.ts';
import { requirementsOf, type QuotaEvaluator } from './evaluator.ts';

/** A quota while requests are held against it: `used` grows with each that is let through. */
export interface QuotaState {
  readonly quota: ResourceQuota;
  readonly used: Amounts;
}

export interface ChargeRequest {
  readonly evaluator: QuotaEvaluator;
  readonly object: KubeObject;
  /** Of updates. */
  readonly old?: KubeObject;
  readonly now: Instant;
  /** What this very request has been charged for before, by the uid of the quota: a write that lost a race comes again. */
  readonly paid?: ReadonlyMap<string, Amounts>;
}

/** Why a request is refused, or what it adds to each quota that it counts in. */
export type Charge<S extends QuotaState = QuotaState> = { readonly refusal: string } | { readonly added: ReadonlyMap<S, Amounts> };

/**
 * Holds one request against the quotas of its namespace. What a quota limits is in `status.hard`, which the controller writes: a quota that it
 * has not seen yet limits nothing. Source: apiserver, plugin/resourcequota CheckRequest.
 */
export function chargeFor<S extends QuotaState>(states: readonly S[], request: ChargeRequest): Charge<S> {
  const { evaluator, object, old, now, paid } = request;
  const matching = states.filter(({ quota }) => isMatched(quota, evaluator, object));
  for (const { quota } of matching) {
    const names = Object.keys(quota.status?.hard ?? {}).filter((name) => evaluator.matches(name));
    const name = quota.metadata.name ?? '';
    const complaint = evaluator.complaint?.(names, object);
    if (complaint !== undefined) return { refusal: `failed quota: ${name}: ${complaint}` };
    if (names.some((counted) => !Object.hasOwn(quota.status?.used ?? {}, counted))) return { refusal: `status unknown for quota: ${name}, resources: ${names.sort().join(',')}` };
  }
  const added = new Map<S, Amounts>();
  if (matching.length === 0) return { added };
  const usage = evaluator.usage(object, now);
  const negative = [...usage].filter(([, amount]) => amount.nano < 0n).map(([name]) => name);
  if (negative.length > 0) return { refusal: `quota usage is negative for resource(s): ${negative.sort().join(',')}` };
  const before = old === undefined ? none : evaluator.usage(old, now);
  for (const state of matching) {
    const { quota, used } = state;
    // An update that brings an object into a quota's scope is charged in full.
    const wasCounted = old !== undefined && isMatched(quota, evaluator, old);
    const delta = excess(excess(usage, wasCounted ? before : none), paid?.get(quota.metadata.uid ?? '') ?? none);
    const hard = amountsOf(quota.status?.hard);
    const requested = only(delta, (name) => hard.has(name));
    if (requested.size === 0) continue;
    const exceeded = beyond(only(sum(used, requested), (name) => requested.has(name)), hard);
    if (exceeded.length > 0) {
      const [asked, had, limit] = [requested, used, hard].map((amounts) => textOf(only(amounts, (name) => exceeded.includes(name))));
      return { refusal: `exceeded quota: ${quota.metadata.name ?? ''}, requested: ${asked}, used: ${had}, limited: ${limit}` };
    }
    added.set(state, requested);
  }
  return { added };
}

const none: Amounts = new Map();

/** A quota counts an object when it limits something about it and all its scopes hold. */
function isMatched(quota: ResourceQuota, evaluator: QuotaEvaluator, object: KubeObject): boolean {
  return Object.keys(quota.status?.hard ?? {}).some((name) => evaluator.matches(name)) && requirementsOf(quota.spec).every((requirement) => evaluator.matchesScope(requirement, object));
}
