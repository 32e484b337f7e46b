import { causeChain, type Clock, type Log } from '@rhythm/base';
import { EvaluationError, toCel, type Program } from '@rhythm/cel';
import type { Authorizer, Decision, RequestAttributes } from '../../ports/types.ts';
import { accessSpecOf, askedAuthorizer } from '../webhook/access-webhook.ts';
import type { ReviewClient } from '../webhook/review-client.ts';
import type { WebhookAuthorizerConfig } from './authorization-configuration.ts';
import { accessType, evaluator } from './expressions.ts';

/** A webhook that is asked about the requests that its conditions name. What it denies is denied, whatever others would say. */
export function conditionalWebhook(config: WebhookAuthorizerConfig, client: Pick<ReviewClient, 'ask'>, ports: { readonly clock: Pick<Clock, 'monotonic'>; readonly log: Log }): Authorizer {
  const asked = askedAuthorizer(client, config, ports.clock);
  const failed = (error: unknown): Decision => {
    ports.log.warn('an authorization webhook gave no answer', { authorizer: config.name, error: causeChain(error) });
    return { allowed: false, reason: `the authorization webhook ${config.name} gave no answer`, ...(config.failurePolicy === 'Deny' ? { isFinal: true as const } : {}) };
  };
  return {
    async authorize(attributes) {
      try {
        return conditionsHold(config.conditions, attributes) ? await asked(attributes) : { allowed: false, reason: '' };
      } catch (error) {
        return failed(error);
      }
    },
    rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: true }),
  };
}

/** One that is false decides, even when others fail. @throws EvaluationError */
function conditionsHold(conditions: readonly Program[], attributes: RequestAttributes): boolean {
  if (conditions.length === 0) return true;
  const evaluate = evaluator({ request: () => toCel({ groups: [], extra: {}, uid: '', ...accessSpecOf(attributes) }, accessType) });
  let failure: EvaluationError | undefined;
  for (const condition of conditions) {
    try {
      if (evaluate(condition) !== true) return false;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return true;
}
