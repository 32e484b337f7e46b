import type { CustomResourceDefinition } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1035Label } from '../../validation/names.ts';
import { each, oneOf } from '../../validation/values.ts';
import { validateWebhookClient } from '../webhook-client.ts';

const reviewVersions = ['v1', 'v1beta1'];

/** How objects come from one version to another: by their version alone, or by a webhook that can be reached and understood. */
export function validateConversion({ conversion }: CustomResourceDefinition['spec']): FieldError[] {
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const errors = oneOf(strategy, 'spec.conversion.strategy', ['None', 'Webhook'], 'required');
  const path = 'spec.conversion.webhook';
  if (strategy !== 'Webhook') return webhook === undefined ? errors : [...errors, forbidden(path, 'should not be set when strategy is not set to Webhook')];
  if (webhook?.clientConfig === undefined) return [...errors, required(child(path, 'clientConfig'), 'required when strategy is set to Webhook')];
  errors.push(...validateWebhookClient(webhook.clientConfig, child(path, 'clientConfig')));
  return [...errors, ...validateReviewVersions(webhook.conversionReviewVersions ?? [], child(path, 'conversionReviewVersions'))];
}

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path)];
  const seen = new Set<string>();
  const errors = each(versions, path, (version, here) => {
    if (seen.has(version)) return [duplicate(here, version)];
    seen.add(version);
    return checkDns1035Label(version).map((e) => invalidValue(here, version, e));
  });
  return versions.some((version) => reviewVersions.includes(version)) ? errors : [...errors, invalidValue(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)];
}
