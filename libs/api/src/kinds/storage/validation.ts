import type { CSIDriver, CSINode, CSINodeDriver, CSIStorageCapacity, StorageClass, TokenRequest, VolumeAttachment, VolumeAttributesClass, VolumeError } from '../../gen/types/storage-v1.ts';
import type { TopologySelectorTerm } from '../../gen/types/core-v1.ts';
import { parseQuantity } from '../../quantity.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { child, duplicate, forbidden, invalidEach, invalidValue, notSupported, required, tooLong } from '../../validation/field-error.ts';
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
    ...requiredChecked(object.driverName, 'driverName', (name) => checkQualifiedName(name.toLowerCase())),
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
    ...validateTokens(tokens),
    ...(spec.volumeLifecycleModes ?? []).filter((mode) => mode !== 'Persistent' && mode !== 'Ephemeral').map((mode) => notSupported('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral'])),
    ...(seconds !== undefined && seconds < updateSecondsMin ? [invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', seconds, 'must be greater than or equal to 10 seconds')] : []),
    ...(spec.serviceAccountTokenInSecrets !== undefined && tokens.length === 0
      ? [invalidValue('spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets, 'must not be set when tokenRequests is not specified')]
      : []),
  ];
}

/** Each audience once, an empty one too, which is the server's own; of those that come again nothing else is said. */
function validateTokens(tokens: readonly TokenRequest[]): FieldError[] {
  const seen = new Set<string>();
  return each(tokens, 'spec.tokenRequests', ({ audience = '', expirationSeconds }: Partial<TokenRequest>, path) => {
    if (seen.has(audience)) return [duplicate(child(path, 'audience'), audience)];
    seen.add(audience);
    return validateTokenSeconds(expirationSeconds, child(path, 'expirationSeconds'));
  });
}

function validateTokenSeconds(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined) return [];
  if (seconds < tokenSecondsMin) return [invalidValue(path, seconds, 'may not specify a duration less than 10 minutes')];
  return seconds > 2 ** 32 ? [invalidValue(path, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
}

export function validateCsiNode({ spec }: CSINode): FieldError[] {
  const seen = new Set<string>();
  return each(spec?.drivers, 'spec.drivers', (driver, path) => {
    const repeated = seen.has(driver.name);
    seen.add(driver.name);
    return validateNodeDriver(driver, repeated, path);
  });
}

/** Errors about keys of a topology are told of the driver as a whole. */
function validateNodeDriver(driver: CSINodeDriver, repeated: boolean, path: string): FieldError[] {
  const id = driver.nodeID ?? '';
  const errors = [
    ...requiredChecked(driver.name, child(path, 'name'), checkCsiDriverName),
    ...requiredChecked(id, child(path, 'nodeID')),
    ...(byteLength(id) > nodeIdMax ? [invalidValue(child(path, 'nodeID'), id, `must be ${nodeIdMax} characters or less`)] : []),
    ...nonNegative(driver.allocatable?.count, child(path, 'allocatable.count')),
    ...(repeated ? [duplicate(child(path, 'name'), driver.name)] : []),
  ];
  const keys = new Set<string>();
  for (const key of driver.topologyKeys ?? []) {
    if (key === '') errors.push(required(path));
    if (keys.has(key)) errors.push(duplicate(path, key));
    keys.add(key);
    errors.push(...invalidEach(checkQualifiedName(key), path, key));
  }
  return errors;
}

/** A driver may come and go, and what it can take may change, but not who it says the node is. */
export function validateCsiNodeUpdate({ spec }: CSINode, { spec: old }: CSINode): FieldError[] {
  const after = new Map((spec?.drivers ?? []).map((driver) => [driver.name, driver]));
  return (old?.drivers ?? []).flatMap((known) => {
    const driver = after.get(known.name);
    if (driver === undefined || semanticEqual(identityOf(driver), identityOf(known))) return [];
    // In its inner form, whose fields have no names in JSON, and without what may change.
    const shown = { Name: driver.name, NodeID: driver.nodeID, TopologyKeys: driver.topologyKeys ?? null, Allocatable: null };
    return [invalidValue('spec.drivers', shown, 'field is immutable')];
  });
}

function identityOf({ name, nodeID, topologyKeys }: CSINodeDriver): object {
  return { name, nodeID, topologyKeys };
}

export function validateStorageCapacity(object: CSIStorageCapacity): FieldError[] {
  const name = object.storageClassName ?? '';
  const { capacity } = object;
  return [
    ...validateLabelSelector(object.nodeTopology, 'nodeTopology'),
    ...invalidEach(checkDns1123Subdomain(name), 'storageClassName', name),
    ...(capacity !== undefined && parseQuantity(capacity).nano < 0n ? [invalidValue('capacity', capacity, 'must be greater than or equal to 0')] : []),
  ];
}

/** `old`: absent on create, when names of attachers and volumes are looked at too. */
export function validateAttachment({ spec }: VolumeAttachment, old?: VolumeAttachment): FieldError[] {
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = spec.source ?? {};
  const attacher = spec.attacher ?? '';
  const errors = attacher === '' ? [required('spec.attacher')] : [];
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (name === undefined && inline === undefined) errors.push(required('spec.source', one));
  else if (name !== undefined && inline !== undefined) errors.push(forbidden('spec.source', one));
  else if (name === '') errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  errors.push(...invalidEach(checkDns1123Subdomain(spec.nodeName ?? ''), 'spec.nodeName', spec.nodeName ?? ''));
  if (old !== undefined) return errors;
  return [
    ...errors,
    ...requiredChecked(attacher, 'spec.attacher', checkCsiDriverName),
    ...(name === undefined ? [] : invalidEach(checkDns1123Subdomain(name), 'spec.source.persistentVolumeName', name)),
  ];
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
  const code = error?.errorCode;
  return [
    // The bound that is told is that of the metadata.
    ...(long ? [tooLong(child(path, 'message'), parametersBytesMax)] : []),
    ...(code !== undefined && code < 0 ? [invalidValue(child(path, 'errorCode'), code, 'must be between 0 and 2147483647, inclusive')] : []),
  ];
}

/** A class as it once was said to be is what volumes were made by. */
export function validateClassUpdate<T extends object>(object: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  return fields.filter((field) => !semanticEqual(object[field], old[field])).map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}
