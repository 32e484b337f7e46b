import { addAmounts, evaluatorOf, type Amounts, type KubeObject, type QuotaEvaluator } from '@rhythm/api';
import type { Clock, Random } from '@rhythm/base';
import type { AdmissionRequest, AdmissionStep, RequestAttributes } from '../../ports/types.ts';
import { refused } from '../refuse.ts';
import { Charger, type Charged } from './charger.ts';
import type { QuotaStore } from './quota-store.ts';

export interface QuotaPorts {
  readonly store: QuotaStore;
  readonly clock: Pick<Clock, 'now' | 'setTimer' | 'sleep'>;
  readonly random: Random;
}

/**
 * Refuses what would use more than a ResourceQuota of the namespace leaves, and charges what is let through. It has to be the last step: what
 * comes after could refuse what has been charged. A charge for a write that fails all the same stays until the controller counts again.
 */
export function resourceQuota(ports: QuotaPorts): AdmissionStep {
  const charger = new Charger(ports);
  const { store, clock } = ports;
  /** By the request, which admission sees again when its write has lost a race. */
  const paid = new WeakMap<RequestAttributes, Charged>();
  const hold = async (request: AdmissionRequest, evaluator: QuotaEvaluator, object: KubeObject): Promise<void> => {
    const { attributes, dryRun, operation, old, signal } = request;
    // Nearly every namespace is without quotas, and costs no more than this look.
    if ((await store.list(attributes.namespace)).length === 0) return;
    const before = paid.get(attributes);
    const charging = { evaluator, object, ...(operation === 'UPDATE' && old !== undefined ? { old } : {}), now: clock.now(), dryRun, ...(before === undefined ? {} : { paid: before }) };
    const result = await charger.charge(attributes.namespace, charging, signal);
    if ('refusal' in result) throw refused(request, result.refusal);
    if (result.charged.size > 0) paid.set(attributes, together(before, result.charged));
  };
  return {
    name: 'ResourceQuota',
    validate(request) {
      if (store.isEmpty?.() === true) return undefined;
      const evaluator = counterOf(request);
      return evaluator === undefined || request.object === undefined ? undefined : hold(request, evaluator, request.object);
    },
  };
}

/** How the object of a request is counted; undefined where it is not, or the request changes nothing about it. */
function counterOf({ kind, operation, attributes: { subresource }, object, old }: AdmissionRequest): QuotaEvaluator | undefined {
  if (!kind.namespaced || object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined;
  if (operation === 'CREATE' && subresource !== '') return undefined;
  const evaluator = evaluatorOf(kind.group, kind.plural);
  if (operation === 'UPDATE' && (old === undefined || evaluator?.countsUpdate(subresource, object, old) !== true)) return undefined;
  return evaluator;
}

function together(a: Charged | undefined, b: Charged): Charged {
  const result = new Map<string, Amounts>(a);
  for (const [uid, amounts] of b) result.set(uid, addAmounts(result.get(uid) ?? new Map(), amounts));
  return result;
}
