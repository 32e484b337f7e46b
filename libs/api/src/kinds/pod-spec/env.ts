import type { EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, PodSpec, ResourceFieldSelector, Volume } from '../../gen/types/core-v1.ts';
import { compareQuantities, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, fieldNotFound, invalidEach, invalidValue, notSupported, ofEach, required, together } from '../../validation/field-error.ts';
import { checkConfigMapKey, checkDns1123Label, checkDns1123Subdomain, checkEnvVarName, checkQualifiedName } from '../../validation/names.ts';
import { checked, each, requiredChecked } from '../../validation/values.ts';
import { eachContainer } from './containers-of.ts';
import { noBackSteps } from './paths.ts';

const envFields = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs',
];
const envResources = [
  'limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory',
];
const sourceFields = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;
const cpuDivisors = ['1m', '1'];
const sizeDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateEnv(env: readonly EnvVar[], path: string): FieldError[] {
  return ofEach(env, (variable, i) => {
    const here = at(path, i);
    return together(requiredChecked(variable.name, child(here, 'name'), checkEnvVarName), validateSource(variable, child(here, 'valueFrom')));
  });
}

/** How many sources there are is said of the list: upstream's path has no index there. */
export function validateEnvFrom(sources: readonly EnvFromSource[], path: string): FieldError[] {
  return ofEach(sources, (source, i) => {
    const here = at(path, i);
    const errors = checked(source.prefix, child(here, 'prefix'), checkEnvVarName);
    const given = (['configMapRef', 'secretRef'] as const).filter((field) => source[field] !== undefined);
    for (const field of given) errors.push(...requiredChecked(source[field]?.name, child(here, `${field}.name`), checkDns1123Subdomain));
    if (given.length === 0) errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    return given.length > 1 ? [...errors, invalidValue(path, '', 'may not have more than one field specified at a time')] : errors;
  });
}

function validateSource(variable: EnvVar, path: string): FieldError[] {
  const source = variable.valueFrom;
  if (source === undefined) return [];
  const given = sourceFields.filter((field) => source[field] !== undefined);
  const errors = ofEach(given, (field) => validateReference(source, field, child(path, field)));
  if (given.length === 0) {
    errors.push(invalidValue(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  } else if ((variable.value ?? '') !== '') errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

function validateReference(source: EnvVarSource, field: keyof EnvVarSource, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, fileKeyRef } = source;
  if (field === 'fieldRef' && fieldRef !== undefined) return validateFieldRef(fieldRef, envFields, path);
  if (field === 'resourceFieldRef' && resourceFieldRef !== undefined) return validateResourceFieldRef(resourceFieldRef, path);
  if (field === 'fileKeyRef' && fileKeyRef !== undefined) {
    return together(
      requiredChecked(fileKeyRef.key, child(path, 'key'), checkEnvVarName),
      requiredChecked(fileKeyRef.volumeName, child(path, 'volumeName'), checkDns1123Label),
      (fileKeyRef.path ?? '') === '' ? [required(child(path, 'path'))] : noBackSteps(fileKeyRef.path, child(path, 'path')),
    );
  }
  const reference = source[field] as { name?: string; key?: string };
  // An absent name is judged like any other: it is no subdomain.
  return together(invalidEach(checkDns1123Subdomain(reference.name ?? ''), child(path, 'name'), reference.name ?? ''), requiredChecked(reference.key, child(path, 'key'), checkConfigMapKey));
}

/** Files that variables are read from lie in an emptyDir: nothing else is sure to be there in time, and to be the pod's alone. */
export function validateFileVariables(spec: PodSpec, path: string): FieldError[] {
  let volumes: Map<string, Volume> | undefined;
  return eachContainer(spec, path, ({ env }, container) =>
    each(env, child(container, 'env'), ({ valueFrom }, here) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) return [];
      volumes ??= new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
      const field = child(here, 'valueFrom.fileKeyRef.volumeName');
      if (!volumes.has(name)) return [fieldNotFound(field, name)];
      return volumes.get(name)?.emptyDir === undefined ? [invalidValue(field, name, 'referenced volume must be of type emptyDir')] : [];
    }),
  );
}

/** What fields of a pod can be called at all, wherever they may be asked for. */
const knownFields: ReadonlySet<string> = new Set([
  'metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.host', 'spec.nodeName', 'spec.restartPolicy',
  'spec.schedulerName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.phase', 'status.podIP', 'status.podIPs',
]);

/** A field of the pod: one of `supported`, or a label or annotation by key. */
export function validateFieldRef(ref: ObjectFieldSelector, supported: readonly string[], path: string): FieldError[] {
  const field = child(path, 'fieldPath');
  const { apiVersion = '', fieldPath = '' } = ref as Partial<ObjectFieldSelector>;
  if (apiVersion === '') return [required(child(path, 'apiVersion'))];
  if (fieldPath === '') return [required(field)];
  const [, list, key = ''] = /^(.+?)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  const unknown = whyUnknown(apiVersion, fieldPath, list);
  if (unknown !== undefined) return [invalidValue(field, fieldPath, `error converting fieldPath: ${unknown}`)];
  if (list !== undefined) {
    const name = list === 'metadata.annotations' ? key.toLowerCase() : key;
    return invalidEach(checkQualifiedName(name), path, name);
  }
  const meant = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  return supported.includes(meant) ? [] : [notSupported(field, meant, supported)];
}

function whyUnknown(version: string, fieldPath: string, list: string | undefined): string | undefined {
  if (version !== 'v1') return `unsupported pod version: ${version}`;
  if (list === 'metadata.annotations' || list === 'metadata.labels') return undefined;
  if (list !== undefined) return `field label does not support subscript: ${fieldPath}`;
  return knownFields.has(fieldPath) ? undefined : `field label not supported: ${fieldPath}`;
}

/** A request or limit of a container; `divisor` is a unit that suits it. Files say whose it is, variables are the container's own. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, path: string, whose: 'own' | 'of a container' = 'own'): FieldError[] {
  const { resource = '', divisor, containerName = '' } = ref as Partial<ResourceFieldSelector>;
  const errors: FieldError[] = [];
  if (whose === 'of a container' && containerName === '') errors.push(required(child(path, 'containerName')));
  else if (resource === '') errors.push(required(child(path, 'resource')));
  else if (!envResources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) errors.push(notSupported(child(path, 'resource'), resource, envResources));
  const units = divisor === undefined ? undefined : unitsOf(resource);
  if (divisor === undefined || units === undefined || compareQuantities(parseQuantity(divisor), parseQuantity('0')) === 0) return errors;
  const fits = units.divisors.some((unit) => compareQuantities(parseQuantity(unit), parseQuantity(divisor)) === 0);
  return fits ? errors : [...errors, invalidValue(child(path, 'divisor'), resource, `only divisor's values ${units.divisors.join(units.divisors === cpuDivisors ? ' and ' : ', ')} are supported with the ${units.of} resource`)];
}

function unitsOf(resource: string): { readonly of: string; readonly divisors: readonly string[] } | undefined {
  const [, name = ''] = /^(?:limits|requests)\.(.*)$/s.exec(resource) ?? [];
  if (name === 'cpu') return { of: 'cpu', divisors: cpuDivisors };
  if (name === 'memory') return { of: 'memory', divisors: sizeDivisors };
  if (name === 'ephemeral-storage') return { of: 'local ephemeral storage', divisors: sizeDivisors };
  return name.startsWith('hugepages-') ? { of: 'hugepages', divisors: sizeDivisors } : undefined;
}
