import type { MutatingWebhook, MutatingWebhookConfiguration, ValidatingWebhook, ValidatingWebhookConfiguration } from '../../gen/types/admissionregistration-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1035Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { each, oneOf } from '../../validation/values.ts';
import { validateWebhookClient } from '../webhook-client.ts';
import { validateFailurePolicy, validateMatchConditions, validateMatchPolicy, validateRule } from './rule-validation.ts';

/** Versions of AdmissionReview that are spoken. */
const reviewVersions = ['v1', 'v1beta1'];
const sideEffects = ['None', 'NoneOnDryRun'];
const timeoutSecondsMax = 30;

export function validateWebhooks({ webhooks }: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): FieldError[] {
  const seen = new Set<string>();
  return each<MutatingWebhook | ValidatingWebhook>(webhooks, 'webhooks', (hook, path) => {
    const errors = validateWebhook(hook, path);
    if ((hook.name ?? '') !== '' && seen.has(hook.name)) errors.push(duplicate(child(path, 'name'), hook.name));
    seen.add(hook.name);
    return errors;
  });
}

function validateWebhook(hook: MutatingWebhook | ValidatingWebhook, path: string): FieldError[] {
  const effects = hook.sideEffects ?? '';
  const field = child(path, 'sideEffects');
  const errors = [
    ...validateFullName(hook.name ?? '', child(path, 'name')),
    ...each(hook.rules, child(path, 'rules'), validateRule),
    ...validateFailurePolicy(hook.failurePolicy, path),
    ...validateMatchPolicy(hook.matchPolicy, path),
  ];
  if ((hook.sideEffects ?? undefined) === undefined) errors.push(required(field, `must specify one of ${sideEffects.join(', ')}`));
  else if (!sideEffects.includes(effects)) errors.push(notSupported(field, effects, sideEffects));
  const seconds = hook.timeoutSeconds;
  if (seconds !== undefined && (seconds < 1 || seconds > timeoutSecondsMax)) {
    errors.push(invalidValue(child(path, 'timeoutSeconds'), seconds, 'the timeout value must be between 1 and 30 seconds'));
  }
  return [
    ...errors,
    ...validateLabelSelector(hook.namespaceSelector, child(path, 'namespaceSelector')),
    ...validateLabelSelector(hook.objectSelector, child(path, 'objectSelector')),
    ...('reinvocationPolicy' in hook ? oneOf(hook.reinvocationPolicy, child(path, 'reinvocationPolicy'), ['IfNeeded', 'Never']) : []),
    ...validateWebhookClient(hook.clientConfig, child(path, 'clientConfig')),
    ...validateMatchConditions(hook.matchConditions, child(path, 'matchConditions')),
    ...validateReviewVersions(hook.admissionReviewVersions, child(path, 'admissionReviewVersions')),
  ];
}

/** A DNS name of at least three labels. */
function validateFullName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const wrong = checkDns1123Subdomain(name);
  if (wrong.length > 0) return [invalidValue(path, name, wrong.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')];
}

/** Versions that a webhook understands, one of which must be known here. */
export function validateReviewVersions(versions: readonly string[] | undefined, path: string): FieldError[] {
  if (versions === undefined || versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(', ')}`)];
  const errors = versions.flatMap((version, i) => {
    if (versions.indexOf(version) < i) return [invalidValue(at(path, i), version, 'duplicate version')];
    return checkDns1035Label(version).map((e) => invalidValue(at(path, i), version, e));
  });
  if (versions.some((version) => reviewVersions.includes(version))) return errors;
  return [...errors, invalidValue(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)];
}
