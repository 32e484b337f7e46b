import type { PersistentVolume, PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { compareQuantities, parseQuantity } from '../../quantity.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Subdomain } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, immutable, oneOf } from '../../validation/values.ts';
import { validateNodeSelectorTerms } from '../pod-spec/scheduling.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];
/** Fields of a volume's spec that are not its source. */
const common: ReadonlySet<string> = new Set([
  'capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity', 'volumeAttributesClassName',
]);

export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const storage = spec.resources?.requests?.['storage'];
  return [
    ...validateModes(spec.accessModes),
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...(storage === undefined ? [required('spec.resources[storage]')] : validateSize(storage, 'spec.resources[storage]')),
    ...checked(spec.storageClassName, 'spec.storageClassName', checkDns1123Subdomain),
    ...oneOf(spec.volumeMode, 'spec.volumeMode', volumeModes),
    ...checked(spec.volumeAttributesClassName, 'spec.volumeAttributesClassName', checkDns1123Subdomain),
  ];
}

/** Of a claim that is bound the size may grow and the attributes class change; the volume and the class may be filled in once. */
export function validateClaimUpdate({ spec, status }: PersistentVolumeClaim, { spec: old, status: before }: PersistentVolumeClaim): FieldError[] {
  const munged = structuredClone(spec);
  if ((old.volumeName ?? '') === '') delete munged.volumeName;
  if (old.storageClassName === undefined) delete munged.storageClassName;
  const bound = before?.phase === 'Bound';
  const errors: FieldError[] = [];
  if (bound) {
    if (old.volumeAttributesClassName === undefined) delete munged.volumeAttributesClassName;
    else munged.volumeAttributesClassName = old.volumeAttributesClassName;
    const size = spec.resources?.requests?.['storage'];
    const oldSize = old.resources?.requests?.['storage'];
    const capacity = status?.capacity?.['storage'];
    if (size !== undefined && oldSize !== undefined) {
      const shrinks = compareQuantities(parseQuantity(size), parseQuantity(oldSize)) < 0;
      const aboveCapacity = capacity !== undefined && compareQuantities(parseQuantity(size), parseQuantity(capacity)) > 0;
      if (shrinks && !aboveCapacity) errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
      else munged.resources = structuredClone(old.resources);
    }
  }
  const expected = structuredClone(old);
  if ((expected.volumeName ?? '') === '') delete expected.volumeName;
  if (!semanticEqual(munged, expected) && errors.length === 0) {
    errors.push(forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'));
  }
  return [...errors, ...immutable(spec.volumeMode, old.volumeMode, 'spec.volumeMode')];
}

export function validateVolume({ spec }: PersistentVolume): FieldError[] {
  const errors = validateModes(spec.accessModes);
  const capacity = Object.entries(spec.capacity ?? {});
  if (capacity.length === 0) errors.push(required('spec.capacity'));
  if (spec.capacity?.['storage'] === undefined || capacity.length > 1) errors.push(notSupported('spec.capacity', Object.fromEntries(capacity), ['storage']));
  for (const [name, size] of capacity) errors.push(...validateSize(size, at('spec.capacity', name)));
  errors.push(...oneOf(spec.persistentVolumeReclaimPolicy, 'spec.persistentVolumeReclaimPolicy', ['Delete', 'Recycle', 'Retain']));
  const sources = Object.keys(spec).filter((key) => !common.has(key) && spec[key as keyof typeof spec] !== undefined);
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
  for (const source of sources.slice(1)) errors.push(forbidden(child('spec', source), 'may not specify more than 1 volume type'));
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (spec.local !== undefined && spec.nodeAffinity === undefined) errors.push(required('metadata.annotations', 'Local volume requires node affinity'));
  const terms = spec.nodeAffinity?.required;
  if (spec.nodeAffinity !== undefined) {
    errors.push(...(terms === undefined ? [required('spec.nodeAffinity.required')] : validateNodeSelectorTerms(terms.nodeSelectorTerms, 'spec.nodeAffinity.required.nodeSelectorTerms')));
  }
  errors.push(...checked(spec.storageClassName, 'spec.storageClassName', checkDns1123Subdomain), ...oneOf(spec.volumeMode, 'spec.volumeMode', volumeModes));
  return errors;
}

/** A volume's source is given once. */
export function validateVolumeUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): FieldError[] {
  const source = (of: object): object => Object.fromEntries(Object.entries(of).filter(([key]) => !common.has(key)));
  const errors = semanticEqual(source(spec), source(old)) ? [] : [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')];
  errors.push(...immutable(spec.volumeMode, old.volumeMode, 'spec.volumeMode'));
  if (old.nodeAffinity !== undefined) errors.push(...immutable(spec.nodeAffinity, old.nodeAffinity, 'spec.nodeAffinity'));
  return errors;
}

function validateModes(given: readonly string[] | undefined): FieldError[] {
  if ((given ?? []).length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')];
  const errors = (given ?? []).filter((mode) => !modes.includes(mode)).map((mode) => notSupported('spec.accessModes', mode, modes));
  if (given?.includes('ReadWriteOncePod') === true && given.length > 1) {
    errors.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

function validateSize(size: string, path: string): FieldError[] {
  return parseQuantity(size).nano > 0n ? [] : [invalidValue(path, size, 'must be greater than zero')];
}
