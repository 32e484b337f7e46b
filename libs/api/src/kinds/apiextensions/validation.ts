import type { CustomResourceDefinition } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, invalidValue, required } from '../../validation/field-error.ts';
import { checkDns1035Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { each, immutable, oneOf, requiredChecked } from '../../validation/values.ts';
import { validateApproval } from './approval.ts';
import { validateConversion } from './conversion.ts';
import { validateVersions } from './versions.ts';

/** Schemas that were stored when rules were laxer may stay as they are. */
export function validateDefinition(object: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { spec, metadata } = object;
  const { names } = spec;
  const errors = requiredChecked(spec.group, 'spec.group', checkDns1123Subdomain);
  if (spec.group !== '' && spec.group !== undefined && !spec.group.includes('.')) errors.push(invalidValue('spec.group', spec.group, 'should be a domain with at least one dot'));
  errors.push(...oneOf(spec.scope, 'spec.scope', ['Cluster', 'Namespaced'], 'required'));
  errors.push(...validateNames(names ?? {}));
  if (spec.preserveUnknownFields === true) {
    errors.push(invalidValue('spec.preserveUnknownFields', true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'));
  }
  const expected = `${names?.plural ?? ''}.${spec.group ?? ''}`;
  if (metadata.name !== expected) errors.push(invalidValue('metadata.name', metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'));
  return [...errors, ...validateVersions(spec, old?.spec), ...validateConversion(spec), ...validateApproval(object, old), ...validateStoredVersions(object)];
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

/** What the definition and its objects are called; kinds may have capitals. */
function validateNames(names: Partial<CustomResourceDefinition['spec']['names']>): FieldError[] {
  const path = 'spec.names';
  const errors = (['plural', 'singular'] as const).flatMap((field) => requiredChecked(names[field], child(path, field), checkDns1035Label));
  for (const field of ['kind', 'listKind'] as const) {
    const name = names[field] ?? '';
    if (name === '') errors.push(required(child(path, field)));
    else errors.push(...checkDns1035Label(name.toLowerCase()).map((e) => invalidValue(child(path, field), name, `may have mixed case, but should otherwise match: ${e}`)));
  }
  for (const field of ['shortNames', 'categories'] as const) {
    errors.push(...each(names[field], child(path, field), (name, here) => checkDns1035Label(name).map((e) => invalidValue(here, name, e))));
  }
  return names.kind !== undefined && names.kind === names.listKind ? [...errors, invalidValue(child(path, 'listKind'), names.listKind, 'kind and listKind may not be the same')] : errors;
}

/** Objects may be stored in these versions still, so that each must be known. */
function validateStoredVersions({ spec, status }: CustomResourceDefinition): FieldError[] {
  const stored = status?.storedVersions ?? [];
  const path = 'status.storedVersions';
  if (stored.length === 0) return [invalidValue(path, stored, 'must have at least one stored version')];
  const served = new Set((spec.versions ?? []).map(({ name }) => name));
  const errors = each(stored, path, (version, here) => (served.has(version) ? [] : [invalidValue(here, version, 'must appear in spec.versions')]));
  const current = (spec.versions ?? []).find(({ storage }) => storage)?.name;
  return current === undefined || stored.includes(current) ? errors : [...errors, invalidValue(path, stored, `must have the storage version ${current}`)];
}

/** The same of a write to the status, which is where versions that nothing is stored in any more are taken away. */
export function validateDefinitionStatus(object: CustomResourceDefinition): FieldError[] {
  return validateStoredVersions(object);
}
