import { ApiError, type KindRegistry } from '@rhythm/api';
import { causeChain, randomUuid, type Clock, type Log, type Random } from '@rhythm/base';
import { EvaluationError } from '@rhythm/cel';
import type { ResourceChanges } from '../../auth/ports.ts';
import type { AdmissionRequest, Authorizer, ObjectReader } from '../../ports/types.ts';
import type { WebhookClient } from '../../webhooks/index.ts';
import { admissionVariables, conditionsHold, matchRequest, type Matched } from '../matching/index.ts';
import { refused } from '../refuse.ts';
import type { WaitBudgets } from './budget.ts';
import { uncallable } from './denial.ts';
import type { Hook } from './hook.ts';
import { reviewOf, verdictOf, type Verdict } from './review.ts';

export interface AdmissionWebhookPorts {
  readonly client: WebhookClient;
  readonly registry: KindRegistry;
  readonly reader: ObjectReader;
  readonly changes: ResourceChanges;
  readonly authorizer: Authorizer;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly log: Log;
}

/** The request as the hook wants to see it, or undefined when it is none of its business. @throws ApiError Forbidden when a condition fails to say. */
export async function concerns(hook: Hook, request: AdmissionRequest, ports: AdmissionWebhookPorts): Promise<Matched | undefined> {
  const matched = await matchRequest(hook.criteria, request, ports);
  if (matched === undefined || hook.conditions.programs.length === 0) return matched;
  try {
    return (await conditionsHold(hook.conditions, admissionVariables(request, matched, ports.authorizer))) ? matched : undefined;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    if (hook.ignoresFailure) return undefined;
    throw refused(request, error.message);
  }
}

/**
 * Asks a webhook; undefined when it cannot be asked and its failure policy is to go on without it.
 * @throws ApiError InternalError when the policy is to fail, BadRequest when it might do harm on a dry run.
 */
export async function ask(hook: Hook, request: AdmissionRequest, matched: Matched, mayPatch: boolean, ports: AdmissionWebhookPorts, budgets: WaitBudgets): Promise<Verdict | undefined> {
  if (request.dryRun && !hook.allowsDryRun) throw new ApiError('BadRequest', `admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  const uid = randomUuid(ports.random);
  try {
    const left = budgets.left(request.attributes);
    if (left === 0) throw new Error('the request has waited too long for webhooks already: context deadline exceeded');
    const answer = await ports.client.post(hook.address, reviewOf(uid, hook.reviewVersion, request, matched), hook.timeoutMs, request.signal, left).catch((error: unknown) => {
      throw new Error(`failed to call webhook: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
    const verdict = verdictOf(answer, uid, hook.reviewVersion, mayPatch);
    for (const warning of verdict.warnings) request.warn(warning);
    return verdict;
  } catch (error) {
    if (request.signal?.aborted === true) throw request.signal.reason;
    const why = error instanceof Error ? error.message : String(error);
    if (!hook.ignoresFailure) throw uncallable(hook.name, why, error);
    ports.log.warn('an admission webhook failed and is passed over', { webhook: hook.id, error: causeChain(error) });
    return undefined;
  }
}
