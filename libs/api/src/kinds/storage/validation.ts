import type { CSIDriver, CSINode, CSINodeDriver, CSIStorageCapacity, StorageClass, VolumeAttachment, VolumeAttributesClass, VolumeError } from '../../gen/types/storage-v1.ts';
import type { TopologySelectorTerm } from '../../gen/types/core-v1.ts';
import { parseQuantity } from '../../quantity.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, notSupported, required, tooLong } from '../../validation/field-error.ts';
import { byteLength, checkCsiDriverName, checkDns1123Subdomain, checkLabelKey, checkQualifiedName } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { distinct, each, nonNegative, oneOf, requiredChecked } from '../../validation/values.ts';

const parametersMax = 512;
const parametersBytesMax = 256 * 1024;
const nodeIdMax = 256;
const errorMessageMax = 1024;
const tokenSecondsMin = 600;
const updateSecondsMin = 10;

export function validateStorageClass(object: StorageClass): FieldError[] {
  return [
    ...requiredChecked(object.provisioner, 'provisioner', (name) => checkQualifiedName(name.toLowerCase())),
    ...validateParameters(object.parameters, 'parameters'),
    ...oneOf(object.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']),
    ...oneOf(object.volumeBindingMode, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer'], 'required'),
    ...validateTopologies(object.allowedTopologies, 'allowedTopologies'),
  ];
}

export function validateAttributesClass(object: VolumeAttributesClass): FieldError[] {
  const empty = Object.keys(object.parameters ?? {}).length === 0;
  return [
    ...requiredChecked(object.driverName, 'driverName', checkCsiDriverName),
    ...(empty ? [required('parameters', 'must contain at least one key/value pair')] : validateParameters(object.parameters, 'parameters')),
  ];
}

function validateParameters(parameters: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > parametersMax) return [tooLong(path, parametersMax)];
  const errors = entries.filter(([key]) => key === '').map(([key]) => invalidValue(path, key, 'field can not be empty.'));
  return bytesOf(entries) > parametersBytesMax ? [...errors, tooLong(path, parametersBytesMax)] : errors;
}

function bytesOf(entries: readonly (readonly [string, string])[]): number {
  return entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
}

function validateTopologies(terms: readonly TopologySelectorTerm[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return each(terms, path, (term, here) => {
    const field = child(here, 'matchLabelExpressions');
    const errors = each(term.matchLabelExpressions, field, ({ key, values }, expression) => [
      ...((values ?? []).length === 0 ? [required(child(expression, 'values'))] : distinct(values, child(expression, 'values'), (value) => value)),
      ...checkLabelKey(key ?? '').map((e) => invalidValue(child(expression, 'key'), key, e)),
    ]);
    errors.push(...distinct(term.matchLabelExpressions, field, (expression) => expression.key, 'key'));
    const text = JSON.stringify(term.matchLabelExpressions ?? []);
    if (seen.has(text)) errors.push(duplicate(field, ''));
    seen.add(text);
    return errors;
  });
}

export function validateDriver({ spec }: CSIDriver): FieldError[] {
  const seconds = spec.nodeAllocatableUpdatePeriodSeconds;
  const tokens = spec.tokenRequests ?? [];
  return [
    ...oneOf(spec.fsGroupPolicy, 'spec.fsGroupPolicy', ['File', 'None', 'ReadWriteOnceWithFSType']),
    ...distinctAudiences(tokens),
    ...each(tokens, 'spec.tokenRequests', (token, here) => validateTokenSeconds(token.expirationSeconds, child(here, 'expirationSeconds'))),
    ...(spec.volumeLifecycleModes ?? []).filter((mode) => mode !== 'Persistent' && mode !== 'Ephemeral').map((mode) => notSupported('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral'])),
    ...(seconds !== undefined && seconds < updateSecondsMin ? [invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', seconds, 'must be greater than or equal to 10 seconds')] : []),
    ...(spec.serviceAccountTokenInSecrets !== undefined && tokens.length === 0
      ? [invalidValue('spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets, 'must not be set when tokenRequests is not specified')]
      : []),
  ];
}

/** An empty audience is one too: the server's own. */
function distinctAudiences(tokens: readonly { readonly audience: string }[]): FieldError[] {
  const audiences = tokens.map((token) => token.audience ?? '');
  return audiences.flatMap((audience, i) => (audiences.indexOf(audience) < i ? [duplicate(child(at('spec.tokenRequests', i), 'audience'), audience)] : []));
}

function validateTokenSeconds(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined) return [];
  if (seconds < tokenSecondsMin) return [invalidValue(path, seconds, 'may not specify a duration less than 10 minutes')];
  return seconds > 2 ** 32 ? [invalidValue(path, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
}

export function validateCsiNode({ spec }: CSINode): FieldError[] {
  return [...each(spec?.drivers, 'spec.drivers', validateNodeDriver), ...distinct(spec?.drivers, 'spec.drivers', (driver) => driver.name, 'name')];
}

function validateNodeDriver(driver: CSINodeDriver, path: string): FieldError[] {
  const keys = child(path, 'topologyKeys');
  const id = driver.nodeID ?? '';
  const count = driver.allocatable?.count;
  const errors = [...requiredChecked(driver.name, child(path, 'name'), checkCsiDriverName), ...requiredChecked(id, child(path, 'nodeID'))];
  if (byteLength(id) > nodeIdMax) errors.push(invalidValue(child(path, 'nodeID'), id, `must be ${nodeIdMax} characters or less`));
  const given = driver.topologyKeys ?? [];
  given.forEach((key, i) => {
    if (given.indexOf(key) < i) errors.push(duplicate(keys, key));
    if (key === '') errors.push(required(keys));
    else errors.push(...checkQualifiedName(key).map((e) => invalidValue(keys, given, e)));
  });
  return [...errors, ...nonNegative(count, child(path, 'allocatable.count'))];
}

/** A driver may come and go, and what it can take may change, but not who it says the node is. */
export function validateCsiNodeUpdate({ spec }: CSINode, { spec: old }: CSINode): FieldError[] {
  const before = new Map((old?.drivers ?? []).map((driver) => [driver.name, driver]));
  return (spec?.drivers ?? []).flatMap((driver) => {
    const known = before.get(driver.name);
    return known === undefined || semanticEqual(identityOf(driver), identityOf(known)) ? [] : [invalidValue('CSINode', driver, 'field is immutable')];
  });
}

function identityOf({ name, nodeID, topologyKeys }: CSINodeDriver): object {
  return { name, nodeID, topologyKeys };
}

export function validateStorageCapacity(object: CSIStorageCapacity): FieldError[] {
  const negative = (['capacity', 'maximumVolumeSize'] as const).filter((field) => object[field] !== undefined && parseQuantity(object[field]).nano < 0n);
  return [
    ...requiredChecked(object.storageClassName, 'storageClassName', checkDns1123Subdomain),
    ...validateLabelSelector(object.nodeTopology, 'nodeTopology'),
    ...negative.map((field) => invalidValue(field, object[field], 'must be greater than or equal to 0')),
  ];
}

export function validateAttachment({ spec }: VolumeAttachment): FieldError[] {
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = spec.source ?? {};
  const errors = requiredChecked(spec.attacher, 'spec.attacher', checkCsiDriverName);
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (name === undefined && inline === undefined) errors.push(required('spec.source', one));
  else if (name !== undefined && inline !== undefined) errors.push(forbidden('spec.source', one));
  else if (name === '') errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  return [...errors, ...checkDns1123Subdomain(spec.nodeName ?? '').map((e) => invalidValue('spec.nodeName', spec.nodeName ?? '', e))];
}

export function validateAttachmentStatus({ status }: VolumeAttachment): FieldError[] {
  const tooBig = bytesOf(Object.entries(status?.attachmentMetadata ?? {})) > parametersBytesMax;
  return [
    ...(tooBig ? [tooLong('status.attachmentMetadata', parametersBytesMax)] : []),
    ...validateVolumeError(status?.attachError, 'status.attachError'),
    ...validateVolumeError(status?.detachError, 'status.detachError'),
  ];
}

function validateVolumeError(error: VolumeError | undefined, path: string): FieldError[] {
  const long = byteLength(error?.message ?? '') > errorMessageMax;
  return [...(long ? [tooLong(child(path, 'message'), errorMessageMax)] : []), ...nonNegative(error?.errorCode, child(path, 'errorCode'))];
}

/** A class as it once was said to be is what volumes were made by. */
export function validateClassUpdate<T extends object>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  return fields.filter((field) => !semanticEqual(object[field], old[field])).map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}
