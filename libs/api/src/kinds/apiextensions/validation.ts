import type { CustomResourceDefinition } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1035Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { immutable, oneOf, requiredChecked } from '../../validation/values.ts';
import { validateWebhookClient } from '../webhook-client.ts';

export function validateDefinition({ spec, metadata }: CustomResourceDefinition): FieldError[] {
  const { names } = spec;
  const errors = requiredChecked(spec.group, 'spec.group', checkDns1123Subdomain);
  if (spec.group !== '' && spec.group !== undefined && !spec.group.includes('.')) errors.push(invalidValue('spec.group', spec.group, 'should be a domain with at least one dot'));
  errors.push(...oneOf(spec.scope, 'spec.scope', ['Cluster', 'Namespaced'], 'required'));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    errors.push(...requiredChecked(names?.[field]?.toLowerCase(), `spec.names.${field}`, checkDns1035Label));
  }
  if (names?.kind !== undefined && names.kind === names.listKind) errors.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  const expected = `${names?.plural ?? ''}.${spec.group ?? ''}`;
  if (metadata.name !== expected) errors.push(invalidValue('metadata.name', metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'));
  return [...errors, ...validateVersions(spec), ...validateConversion(spec)];
}

/** The name of what is defined stays; once it is established, so do its kind and scope. */
export function validateDefinitionUpdate(object: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const established = (old.status?.conditions ?? []).some((c) => c.type === 'Established' && c.status === 'True');
  return [
    ...immutable(object.spec.group, old.spec.group, 'spec.group'),
    ...immutable(object.spec.names?.plural, old.spec.names?.plural, 'spec.names.plural'),
    ...(established ? immutable(object.spec.scope, old.spec.scope, 'spec.scope') : []),
    ...(established ? immutable(object.spec.names?.kind, old.spec.names?.kind, 'spec.names.kind') : []),
  ];
}

function validateVersions({ versions }: CustomResourceDefinition['spec']): FieldError[] {
  if ((versions ?? []).length === 0) return [required('spec.versions', 'must have at least one version')];
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, version] of versions.entries()) {
    const here = at('spec.versions', i);
    errors.push(...checkDns1035Label(version.name ?? '').map((e) => invalidValue(child(here, 'name'), version.name, e)));
    if (seen.has(version.name)) errors.push(invalidValue(here, version.name, 'must contain unique version names'));
    seen.add(version.name);
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(child(here, 'schema.openAPIV3Schema'), 'schemas are required'));
  }
  const stored = versions.filter((version) => version.storage).length;
  if (stored !== 1) errors.push(invalidValue('spec.versions', versions.map((v) => v.name), 'must have exactly one version marked as storage version'));
  return errors;
}

const reviewVersions = ['v1', 'v1beta1'];

/** How versions are converted; one strategy needs a webhook, the other has no use for it. */
function validateConversion({ conversion }: CustomResourceDefinition['spec']): FieldError[] {
  if (conversion === undefined) return [];
  const path = 'spec.conversion';
  const { strategy, webhook } = conversion;
  const errors = oneOf(strategy, child(path, 'strategy'), ['None', 'Webhook'], 'required');
  if (strategy !== 'Webhook') return webhook === undefined ? errors : [...errors, forbidden(child(path, 'webhook'), 'should not be set when strategy is not set to Webhook')];
  if (webhook?.clientConfig === undefined) return [...errors, required(child(path, 'webhook.clientConfig'), 'required when strategy is set to Webhook')];
  errors.push(...validateWebhookClient(webhook.clientConfig, child(path, 'webhook.clientConfig')));
  const field = child(path, 'webhook.conversionReviewVersions');
  const versions = webhook.conversionReviewVersions ?? [];
  if (versions.length === 0) return [...errors, required(field)];
  if (!versions.some((version) => reviewVersions.includes(version))) errors.push(invalidValue(field, versions, `must include at least one of ${reviewVersions.join(', ')}`));
  return errors;
}
