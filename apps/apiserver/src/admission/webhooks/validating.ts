import type { AdmissionRequest, AdmissionStep } from '../../ports/types.ts';
import { isExemptFromWebhooks } from '../matching/index.ts';
import { ask, concerns, type AdmissionWebhookPorts } from './ask.ts';
import { WaitBudgets } from './budget.ts';
import { denied } from './denial.ts';
import type { Hook } from './hook.ts';
import { HookSet, isNone } from './hook-set.ts';

/** Asks all validating webhooks at once, about the object as it will be stored; the first refusal in their order is the request's. */
export function validatingWebhooks(ports: AdmissionWebhookPorts): AdmissionStep {
  const hooks = new HookSet('validatingwebhookconfigurations', ports.reader, ports.changes);
  const budgets = new WaitBudgets(ports.clock);
  const judge = async (hook: Hook, request: AdmissionRequest): Promise<void> => {
    const matched = await concerns(hook, request, ports);
    if (matched === undefined) return;
    const verdict = await ask(hook, request, matched, false, ports, budgets);
    if (verdict?.isAllowed === false) throw denied(hook.name, verdict.status);
  };
  const judgeAll = async (asked: ReturnType<HookSet['current']>, request: AdmissionRequest): Promise<void> => {
    const current = await asked;
    if (current.length === 0 || isExemptFromWebhooks(request)) return;
    const results = await budgets.charge(request.attributes, () => Promise.allSettled(current.map((hook) => judge(hook, request))));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      const current = hooks.current();
      if (isNone(current)) return;
      return judgeAll(current, request);
    },
  };
}
