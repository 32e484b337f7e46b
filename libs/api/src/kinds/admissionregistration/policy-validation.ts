import type { AuditAnnotation, ParamKind, ParamRef, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation, Variable } from '../../gen/types/admissionregistration-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { byteLength, checkDns1035Label, checkDns1123Subdomain, checkPathSegment, checkQualifiedName } from '../../validation/names.ts';
import { checked, distinct, each, oneOf, requiredChecked } from '../../validation/values.ts';
import { validateFailurePolicy, validateMatchConditions, validateMatchResources } from './rule-validation.ts';

const auditAnnotationsMax = 20;
const valueExpressionBytesMax = 5 * 1024;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const actions = ['Audit', 'Deny', 'Warn'];
/** Words of the expression language that are no names. */
const reserved: ReadonlySet<string> = new Set('true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '));

/** A policy, but for whether its expressions compile. */
export function validatePolicy({ metadata, spec }: ValidatingAdmissionPolicy): FieldError[] {
  const { matchConstraints, validations = [], auditAnnotations = [] } = spec;
  const errors = [...validateFailurePolicy(spec.failurePolicy, 'spec', 'required'), ...validateParamKind(spec.paramKind, 'spec.paramKind')];
  if (matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    errors.push(...validateMatchResources(matchConstraints, 'spec.matchConstraints'));
    if ((matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
  }
  errors.push(...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'));
  errors.push(...each(spec.variables, 'spec.variables', validateVariable), ...distinct(spec.variables, 'spec.variables', (v) => v.name, 'name'));
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    return [...errors, required('spec.validations', detail), required('spec.auditAnnotations', detail)];
  }
  errors.push(...each(validations, 'spec.validations', validateValidation));
  if (auditAnnotations.length > auditAnnotationsMax) {
    errors.push(invalidValue('spec.auditAnnotations', auditAnnotations, `must not have more than ${auditAnnotationsMax} auditAnnotations`));
  }
  return [
    ...errors,
    ...each(auditAnnotations, 'spec.auditAnnotations', (annotation, here) => validateAnnotation(annotation, metadata.name ?? '', here)),
    ...distinct(auditAnnotations, 'spec.auditAnnotations', (annotation) => annotation.key, 'key'),
  ];
}

/** A binding. */
export function validatePolicyBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...requiredChecked(spec.policyName, 'spec.policyName', checkDns1123Subdomain),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...validateMatchResources(spec.matchResources, 'spec.matchResources'),
    ...validateActions(spec.validationActions ?? [], 'spec.validationActions'),
  ];
}

function validateParamKind(param: ParamKind | undefined, path: string): FieldError[] {
  if (param === undefined) return [];
  const { apiVersion = '', kind = '' } = param;
  const errors = validateGroupVersion(apiVersion, child(path, 'apiVersion'));
  if (kind === '') return [...errors, required(child(path, 'kind'))];
  const wrong = checkDns1035Label(kind.toLowerCase());
  if (wrong.length > 0) errors.push(invalidValue(child(path, 'kind'), kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`));
  return errors;
}

function validateGroupVersion(text: string, path: string): FieldError[] {
  if (text === '') return [required(path)];
  const parts = text.split('/');
  if (parts.length > 2) return [invalidValue(path, text, `unexpected GroupVersion string: ${text}`)];
  const [version = '', group = ''] = parts.reverse();
  const wrongGroup = group === '' ? [] : checkDns1123Subdomain(group);
  const errors = wrongGroup.length === 0 ? [] : [invalidValue(path, group, wrongGroup.join(','))];
  if (version === '') return [...errors, invalidValue(path, text, 'version must be specified')];
  const wrong = checkDns1035Label(version);
  return wrong.length === 0 ? errors : [...errors, invalidValue(path, version, wrong.join(','))];
}

function validateVariable({ name = '', expression = '' }: Partial<Variable>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.trim() === '') errors.push(required(child(path, 'name'), 'name is not specified'));
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reserved.has(name)) errors.push(invalidValue(child(path, 'name'), name, 'name is not a valid CEL identifier'));
  if (expression.trim() === '') errors.push(required(child(path, 'expression'), 'expression is not specified'));
  return errors;
}

function validateValidation(validation: Partial<Validation>, path: string): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  const errors = expression.trim() === '' ? [required(child(path, 'expression'), 'expression is not specified')] : [];
  if (messageExpression !== '' && messageExpression.trim() === '') errors.push(invalidValue(child(path, 'messageExpression'), messageExpression, 'must be non-empty if specified'));
  const field = child(path, 'message');
  if (message !== '' && message.trim() === '') errors.push(invalidValue(field, message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalidValue(field, message, 'message must not contain line breaks'));
  return reason === undefined || reasons.includes(reason) ? errors : [...errors, notSupported(child(path, 'reason'), reason, reasons)];
}

function validateAnnotation({ key = '', valueExpression = '' }: Partial<AuditAnnotation>, policy: string, path: string): FieldError[] {
  const errors = checkQualifiedName(`${policy}/${key}`).map((e) => invalidValue(child(path, 'key'), `${policy}/${key}`, e));
  const field = child(path, 'valueExpression');
  if (valueExpression.trim() === '') errors.push(required(field, 'valueExpression is not specified'));
  else if (byteLength(valueExpression.trim()) > valueExpressionBytesMax) errors.push(required(field, `must not exceed ${valueExpressionBytesMax} bytes in length`));
  return errors;
}

function validateParamRef(ref: ParamRef | undefined, path: string): FieldError[] {
  if (ref === undefined) return [];
  const { name = '', selector, parameterNotFoundAction } = ref;
  const detail = 'name and selector are mutually exclusive';
  const both = name !== '' && selector !== undefined;
  return [
    ...checked(name, child(path, 'name'), checkPathSegment),
    ...(both ? [forbidden(child(path, 'name'), detail)] : []),
    ...validateLabelSelector(selector, child(path, 'selector')),
    ...(both ? [forbidden(child(path, 'selector'), detail)] : []),
    ...(name === '' && selector === undefined ? [required(path, 'one of name or selector must be specified')] : []),
    ...oneOf(parameterNotFoundAction, child(path, 'parameterNotFoundAction'), ['Deny', 'Allow'], 'required'),
  ];
}

function validateActions(given: readonly string[], path: string): FieldError[] {
  const errors = given.flatMap((action, i) => [
    ...(actions.includes(action) ? [] : [notSupported(at(path, i), action, actions)]),
    ...(given.indexOf(action) < i ? [duplicate(at(path, i), action)] : []),
  ]);
  if (given.includes('Deny') && given.includes('Warn')) {
    const detail = 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalidValue(path, given, detail));
  }
  return given.length === 0 ? [...errors, required(path, 'at least one validation action is required')] : errors;
}
