import { at, child, invalid, invalidValue, type FieldError } from '@rhythm/api';
import type { MatchCondition } from '@rhythm/api/types/admissionregistration-v1';
import type { AdmissionStep } from '../../ports/types.ts';
import { compileConditions, conditionEnvironment } from '../matching/index.ts';
import type { Configuration } from './hook.ts';

const resources = new Set(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']);

/** Refuses conditions that do not compile. Those that an update leaves alone are not judged again. */
export const webhookConditions: AdmissionStep = {
  name: 'WebhookConditions',
  resources: [...resources].map((resource) => `admissionregistration.k8s.io/${resource}`),
  validate({ attributes, operation, kind, object, old }) {
    if (attributes.group !== 'admissionregistration.k8s.io' || !resources.has(attributes.resource) || object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const known = new Set(conditionsOf(old as Configuration | undefined).map(({ condition }) => condition.expression));
    const errors = conditionsOf(object as Configuration).flatMap(({ condition, path }): FieldError[] => {
      if (known.has(condition.expression)) return [];
      return compileConditions([condition], conditionEnvironment).faults.map(({ message }) => invalidValue(child(path, 'expression'), condition.expression, message));
    });
    if (errors.length > 0) throw invalid(kind, object.metadata.name ?? '', errors);
  },
};

function conditionsOf(configuration: Configuration | undefined): { condition: MatchCondition; path: string }[] {
  return (configuration?.webhooks ?? []).flatMap((hook, index) => (hook.matchConditions ?? []).map((condition, place) => ({ condition, path: at(child(at('webhooks', index), 'matchConditions'), place) })));
}
