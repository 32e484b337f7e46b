import type { EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, PodSpec, ResourceFieldSelector } from '../../gen/types/core-v1.ts';
import { compareQuantities, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, fieldNotFound, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkConfigMapKey, checkDns1123Label, checkEnvVarName, checkQualifiedName } from '../../validation/names.ts';
import { requiredChecked } from '../../validation/values.ts';
import { relativePath } from './paths.ts';

const envFields = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs',
];
const envResources = [
  'limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory',
];
const cpuDivisors = ['1m', '1'];
const sizeDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateEnv(env: readonly EnvVar[], spec: PodSpec, path: string): FieldError[] {
  return env.flatMap((variable, i) => {
    const here = at(path, i);
    return [...requiredChecked(variable.name, child(here, 'name'), checkEnvVarName), ...validateSource(variable, spec, child(here, 'valueFrom'))];
  });
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: string): FieldError[] {
  return sources.flatMap((source, i) => {
    const here = at(path, i);
    const errors = (source.prefix ?? '') === '' ? [] : checkEnvVarName(source.prefix ?? '').map((e) => invalidValue(child(here, 'prefix'), source.prefix, e));
    const given = (['configMapRef', 'secretRef'] as const).filter((field) => source[field] !== undefined);
    if (given.length === 0) errors.push(invalidValue(here, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (given.length > 1) errors.push(invalidValue(here, '', 'may not have more than one field specified at a time'));
    for (const field of given) if ((source[field]?.name ?? '') === '') errors.push(required(child(child(here, field), 'name')));
    return errors;
  });
}

function validateSource(variable: EnvVar, spec: PodSpec, path: string): FieldError[] {
  const source = variable.valueFrom;
  if (source === undefined) return [];
  const given = (['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const).filter((field) => source[field] !== undefined);
  const errors = given.flatMap((field) => validateReference(source, field, spec, child(path, field)));
  if (given.length === 0) {
    errors.push(invalidValue(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  } else if ((variable.value ?? '') !== '') errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

const emptyVolumesOf = new WeakMap<PodSpec, ReadonlySet<string>>();

/** The names of the emptyDir volumes: found once, however many variables are read from them. */
function emptyVolumes(spec: PodSpec): ReadonlySet<string> {
  let names = emptyVolumesOf.get(spec);
  if (names === undefined) {
    names = new Set((spec.volumes ?? []).filter((volume) => volume.emptyDir !== undefined).map((volume) => volume.name));
    emptyVolumesOf.set(spec, names);
  }
  return names;
}

function validateReference(source: EnvVarSource, field: keyof EnvVarSource, spec: PodSpec, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, fileKeyRef } = source;
  if (field === 'fieldRef' && fieldRef !== undefined) return validateFieldRef(fieldRef, envFields, path);
  if (field === 'resourceFieldRef' && resourceFieldRef !== undefined) return validateResourceFieldRef(resourceFieldRef, path);
  if (field === 'fileKeyRef' && fileKeyRef !== undefined) {
    const known = emptyVolumes(spec).has(fileKeyRef.volumeName);
    return [
      ...requiredChecked(fileKeyRef.key, child(path, 'key'), checkEnvVarName),
      ...requiredChecked(fileKeyRef.path, child(path, 'path')),
      ...relativePath(fileKeyRef.path ?? '', child(path, 'path')),
      ...requiredChecked(fileKeyRef.volumeName, child(path, 'volumeName'), checkDns1123Label),
      ...(known ? [] : [fieldNotFound(child(path, 'volumeName'), fileKeyRef.volumeName)]),
    ];
  }
  const reference = source[field] as { name?: string; key?: string };
  return [...requiredChecked(reference.name, child(path, 'name')), ...requiredChecked(reference.key, child(path, 'key'), checkConfigMapKey)];
}

/** A field of the pod: one of `supported`, or a label or annotation by key. */
export function validateFieldRef(ref: ObjectFieldSelector, supported: readonly string[], path: string): FieldError[] {
  const field = child(path, 'fieldPath');
  if ((ref.apiVersion ?? '') === '') return [required(child(path, 'apiVersion'))];
  if ((ref.fieldPath ?? '') === '') return [required(field)];
  const subscript = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(ref.fieldPath);
  if (subscript !== null) {
    const key = subscript[2] ?? '';
    return checkQualifiedName(subscript[1] === 'metadata.annotations' ? key.toLowerCase() : key).map((e) => invalidValue(path, key, e));
  }
  return supported.includes(ref.fieldPath) ? [] : [notSupported(field, ref.fieldPath, supported)];
}

/** A request or limit of a container; `divisor` is a unit that suits it. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, path: string): FieldError[] {
  const { resource, divisor } = ref;
  if ((resource ?? '') === '') return [required(child(path, 'resource'))];
  if (!envResources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) return [notSupported(child(path, 'resource'), resource, envResources)];
  if (divisor === undefined || compareQuantities(parseQuantity(divisor), parseQuantity('0')) === 0) return [];
  const units = resource.endsWith('.cpu') ? cpuDivisors : sizeDivisors;
  const fits = units.some((unit) => compareQuantities(parseQuantity(unit), parseQuantity(divisor)) === 0);
  const what = resource.endsWith('.cpu') ? 'only divisor\'s values 1m and 1 are supported with the cpu resource' : `only divisor's values ${units.join(', ')} are supported with the ${resource.slice(resource.indexOf('.') + 1)} resource`;
  return fits ? [] : [invalidValue(child(path, 'divisor'), divisor, what)];
}
