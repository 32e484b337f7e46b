import type { DeviceClaim, DeviceClass, DeviceConfiguration, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceToleration, ExactDeviceRequest, DeviceSubRequest, ResourceClaim, ResourceClaimSpec, ResourceClaimTemplate } from '../../gen/types/resource-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, notSupported, required, tooLong, tooMany } from '../../validation/field-error.ts';
import { validateLabels } from '../../validation/labels.ts';
import { byteLength, checkCsiDriverName, checkDns1123Label, checkDns1123Subdomain, checkLabelKey, checkLabelValue, checkQualifiedName } from '../../validation/names.ts';
import { validateAnnotations } from '../../validation/object-meta.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, distinct, each, immutable, requiredChecked } from '../../validation/values.ts';
import { checkFullName } from './device-names.ts';

const listMax = 32;
const alternativesMax = 8;
const expressionLengthMax = 10 * 1024;
const parametersLengthMax = 10 * 1024;
const reservedForMax = 256;

/** What a claim asks for; whether its expressions compile is the API server's to say. */
export function validateClaim({ spec }: ResourceClaim): FieldError[] {
  return validateSpec(spec, 'spec');
}

export function validateClaimTemplate({ spec }: ResourceClaimTemplate): FieldError[] {
  return [
    ...validateLabels(spec.metadata?.labels, 'spec.metadata.labels'),
    ...validateAnnotations(spec.metadata?.annotations, 'spec.metadata.annotations'),
    ...validateSpec(spec.spec, 'spec.spec'),
  ];
}

export function validateDeviceClass({ spec }: DeviceClass): FieldError[] {
  const name = spec.extendedResourceName;
  const extended = name === undefined || (name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.') && checkQualifiedName(name).length === 0);
  return [
    ...limited(spec.selectors, 'spec.selectors', listMax, validateSelector),
    ...limited(spec.config, 'spec.config', listMax, validateConfiguration),
    ...(extended ? [] : [invalidValue('spec.extendedResourceName', name, 'must be a valid extended resource name')]),
  ];
}

/** Users are only noted while something is allocated, and what is allocated stays until it is given back. */
export function validateClaimStatus({ metadata, status }: ResourceClaim, { status: old }: ResourceClaim): FieldError[] {
  const path = 'status.reservedFor';
  const users = status?.reservedFor ?? [];
  const errors = limited(users, path, reservedForMax, (user, here) => (['resource', 'name', 'uid'] as const).flatMap((field) => requiredChecked(user[field], child(here, field))));
  errors.push(...distinct(users, path, (user) => user.uid));
  if (users.length > 0 && status?.allocation === undefined) errors.push(forbidden(path, 'may not be specified when `allocated` is not set'));
  else if (metadata.deletionTimestamp !== undefined && users.some((user) => !(old?.reservedFor ?? []).some((known) => semanticEqual(user, known)))) {
    errors.push(forbidden(path, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'));
  }
  if (old?.allocation === undefined || status?.allocation === undefined) return errors;
  return [...errors, ...immutable(status.allocation, old.allocation, 'status.allocation')];
}

/** A list that is not too long; of one that is nothing else is said. */
export function limited<T>(items: readonly T[] | undefined, path: string, max: number, rule: (item: T, path: string) => readonly FieldError[]): FieldError[] {
  const count = items?.length ?? 0;
  return count > max ? [tooMany(path, count, max)] : each(items, path, rule);
}

function validateSpec(spec: ResourceClaimSpec | undefined, path: string): FieldError[] {
  const devices: Partial<DeviceClaim> = spec?.devices ?? {};
  const here = child(path, 'devices');
  const names = new Set((devices.requests ?? []).flatMap((request) => [request.name, ...(request.firstAvailable ?? []).map((sub) => `${request.name}/${sub.name}`)]));
  return [
    ...limited(devices.requests, child(here, 'requests'), listMax, validateRequest),
    ...distinct(devices.requests, child(here, 'requests'), (request) => request.name),
    ...limited(devices.constraints, child(here, 'constraints'), listMax, (constraint, at) => validateConstraint(constraint, names, at)),
    ...limited(devices.config, child(here, 'config'), listMax, (config, at) => [...validateReferences(config.requests, names, child(at, 'requests')), ...validateConfiguration(config, at)]),
  ];
}

function validateRequest(request: DeviceRequest, path: string): FieldError[] {
  const errors = checkDns1123Label(request.name ?? '').map((e) => invalidValue(child(path, 'name'), request.name ?? '', e));
  const alternatives = request.firstAvailable ?? [];
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  if (alternatives.length === 0 && request.exactly === undefined) return [...errors, required(path, one)];
  if (alternatives.length > 0 && request.exactly !== undefined) return [...errors, invalidValue(path, null, `${one}, but multiple fields are set`)];
  if (request.exactly !== undefined) return [...errors, ...validateExact(request.exactly, child(path, 'exactly'))];
  const field = child(path, 'firstAvailable');
  return [
    ...errors,
    ...limited(alternatives, field, alternativesMax, (sub, here) => [...checkDns1123Label(sub.name ?? '').map((e) => invalidValue(child(here, 'name'), sub.name ?? '', e)), ...validateExact(sub, here)]),
    ...distinct(alternatives, field, (sub) => sub.name),
  ];
}

function validateExact(request: ExactDeviceRequest | DeviceSubRequest, path: string): FieldError[] {
  const { allocationMode: mode, count = 0 } = request;
  const errors = [...requiredChecked(request.deviceClassName, child(path, 'deviceClassName'), checkDns1123Subdomain), ...limited(request.selectors, child(path, 'selectors'), listMax, validateSelector)];
  const field = child(path, 'count');
  if (mode === 'All' && count !== 0) errors.push(invalidValue(field, count, "must not be specified when allocationMode is 'All'"));
  if (mode === 'ExactCount' && count <= 0) errors.push(invalidValue(field, count, 'must be greater than zero'));
  if (mode !== 'All' && mode !== 'ExactCount') errors.push(notSupported(child(path, 'allocationMode'), mode, ['All', 'ExactCount']));
  return [...errors, ...each(request.tolerations, child(path, 'tolerations'), validateToleration)];
}

function validateSelector(selector: DeviceSelector, path: string): FieldError[] {
  const field = child(path, 'cel');
  if (selector.cel === undefined) return [required(field)];
  return byteLength(selector.cel.expression ?? '') > expressionLengthMax ? [tooLong(child(field, 'expression'), expressionLengthMax)] : [];
}

function validateToleration({ key, operator = '', value = '', effect = '' }: DeviceToleration, path: string): FieldError[] {
  const errors = checked(key, child(path, 'key'), checkLabelKey);
  const field = child(path, 'operator');
  if (operator === 'Equal') errors.push(...checked(value, child(path, 'value'), checkLabelValue));
  else if (operator === 'Exists') {
    if (value !== '') errors.push(invalidValue(child(path, 'value'), value, 'must be empty for operator `Exists`'));
  } else errors.push(operator === '' ? required(field, 'operator is required') : notSupported(field, operator, ['Equal', 'Exists']));
  return effect === '' ? errors : [...errors, ...validateEffect(effect, child(path, 'effect'))];
}

export function validateEffect(effect: string, path: string): FieldError[] {
  return ['NoExecute', 'NoSchedule', 'None'].includes(effect) ? [] : [notSupported(path, effect, ['NoExecute', 'NoSchedule', 'None'])];
}

function validateConstraint(constraint: DeviceConstraint, names: ReadonlySet<string>, path: string): FieldError[] {
  const errors = validateReferences(constraint.requests, names, child(path, 'requests'));
  const field = (['matchAttribute', 'distinctAttribute'] as const).find((name) => constraint[name] !== undefined);
  if (field === undefined) return [...errors, required(child(path, 'matchAttribute'))];
  const name = constraint[field] ?? '';
  return [...errors, ...checkFullName(name).map((e) => invalidValue(child(path, field), name, e))];
}

/** Names of requests, or of one of their alternatives after a slash. */
function validateReferences(references: readonly string[] | undefined, names: ReadonlySet<string>, path: string): FieldError[] {
  const detail = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  return [...limited(references, path, listMax, (name, here) => (names.has(name) ? [] : [invalidValue(here, name, detail)])), ...distinct(references, path, (name) => name)];
}

function validateConfiguration({ opaque }: DeviceConfiguration, path: string): FieldError[] {
  const here = child(path, 'opaque');
  if (opaque === undefined) return [required(here)];
  const { parameters } = opaque;
  const field = child(here, 'parameters');
  const errors = requiredChecked(opaque.driver, child(here, 'driver'), checkCsiDriverName);
  if (parameters === undefined || parameters === null) return [...errors, required(field)];
  if (typeof parameters !== 'object' || Array.isArray(parameters)) return [...errors, invalidValue(field, '<value omitted>', 'parameters must be a valid JSON object')];
  return byteLength(JSON.stringify(parameters)) > parametersLengthMax ? [...errors, tooLong(field, parametersLengthMax)] : errors;
}
