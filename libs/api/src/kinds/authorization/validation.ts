import type { FieldSelectorAttributes, LabelSelectorAttributes, LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview } from '../../gen/types/authorization-v1.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkLabelKey } from '../../validation/names.ts';
import { each, requiredChecked } from '../../validation/values.ts';

type Spec = NonNullable<SubjectAccessReview['spec']>;
type Asked = Pick<Spec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** What a question about the caller itself must be: about one thing, and without metadata. */
export function validateSelfAccessReview({ metadata, spec }: SelfSubjectAccessReview): FieldError[] {
  return [...validateAsked(spec ?? {}), ...noMetadata(metadata, 'must be empty')];
}

/** The same about somebody, who must be said. */
export function validateAccessReview({ metadata, spec }: SubjectAccessReview): FieldError[] {
  return [...validateAskedOf(spec ?? {}), ...noMetadata(metadata, 'must be empty')];
}

/** The same in one namespace, that of the review. */
export function validateLocalAccessReview({ metadata, spec }: LocalSubjectAccessReview): FieldError[] {
  const { namespace, ...others } = metadata;
  const errors = [...validateAskedOf(spec ?? {}), ...noMetadata(others, 'must be empty except for namespace')];
  const asked = spec?.resourceAttributes ?? undefined;
  if (asked !== undefined && (asked.namespace ?? '') !== (namespace ?? '')) errors.push(invalidValue('spec.resourceAttributes.namespace', asked.namespace ?? '', 'must match metadata.namespace'));
  const path = spec?.nonResourceAttributes ?? undefined;
  return path === undefined ? errors : [...errors, invalidValue('spec.nonResourceAttributes', path, 'disallowed on this kind of request')];
}

function validateAskedOf(spec: Spec): FieldError[] {
  const errors = validateAsked(spec);
  const nobody = (spec.user ?? '') === '' && (spec.groups ?? []).length === 0;
  return nobody ? [...errors, invalidValue('spec.user', '', 'at least one of user or group must be specified')] : errors;
}

function validateAsked(spec: Asked): FieldError[] {
  const resource = spec.resourceAttributes ?? undefined;
  const path = spec.nonResourceAttributes ?? undefined;
  const errors: FieldError[] = [];
  if (resource !== undefined && path !== undefined) errors.push(invalidValue('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes'));
  if (resource === undefined && path === undefined) errors.push(invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  for (const field of ['fieldSelector', 'labelSelector'] as const) errors.push(...validateSelector(resource?.[field], `spec.resourceAttributes.${field}`));
  return errors;
}

/** A selector in words or in parts. Operators that are not known pass: newer clients may ask, and are answered as if they had not selected. */
function validateSelector(selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector !== '' && requirements.length > 0) errors.push(invalidValue(child(path, 'rawSelector'), rawSelector, 'may not specified at the same time as requirements'));
  if (rawSelector === '' && requirements.length === 0) errors.push(required(child(path, 'requirements'), `when ${path} is specified, requirements or rawSelector is required`));
  const checkKey = path.endsWith('labelSelector') ? checkLabelKey : undefined;
  return [...errors, ...each(requirements, child(path, 'requirements'), ({ key, operator, values = [] }, here) => [
    ...requiredChecked(key, child(here, 'key'), checkKey),
    ...validateValues(operator, values, here),
  ])];
}

function validateValues(operator: string, values: readonly string[], path: string): FieldError[] {
  const field = child(path, 'values');
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) return [required(field, "must be specified when `operator` is 'In' or 'NotIn'")];
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) return [forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
  return [];
}

/** `managedFields` are the server's own. */
function noMetadata(metadata: ObjectMeta, detail: string): FieldError[] {
  return Object.entries(metadata).every(([key, value]) => key === 'managedFields' || (value ?? undefined) === undefined) ? [] : [invalidValue('metadata', metadata, detail)];
}
