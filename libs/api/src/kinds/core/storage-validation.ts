import type { PersistentVolume, PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { compareQuantities, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Subdomain } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, immutable, oneOf } from '../../validation/values.ts';
import { validateClaimSpec, validateModes, validateSize, volumeModes } from './claim-spec.ts';
import { validateNodeSelectorTerms } from '../pod-spec/scheduling.ts';
import { validateVolumeSource } from './volume-source.ts';

/** Fields of a volume's spec that are not its source. */
const common: ReadonlySet<string> = new Set([
  'capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity', 'volumeAttributesClassName',
]);

export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  return validateClaimSpec(spec, 'spec');
}

/** The class as it was said before there was a field for it. */
function validateBetaClass({ metadata }: PersistentVolumeClaim, { metadata: old }: PersistentVolumeClaim): FieldError[] {
  const name = 'volume.beta.kubernetes.io/storage-class';
  return immutable(metadata.annotations?.[name], old.annotations?.[name], `metadata.annotations.${name}`);
}

/** Of a claim that is bound the size may grow and the attributes class change; the volume and the class may be filled in once. */
export function validateClaimUpdate(object: PersistentVolumeClaim, stored: PersistentVolumeClaim): FieldError[] {
  const { spec } = object;
  const { spec: old, status: before } = stored;
  const munged = structuredClone(spec);
  const expected = structuredClone(old);
  if ((old.volumeName ?? '') === '') munged.volumeName = expected.volumeName = '';
  if (old.storageClassName === undefined) delete munged.storageClassName;
  if (before?.phase === 'Bound') {
    const storage = old.resources?.requests?.['storage'];
    if (munged.resources?.requests !== undefined && storage !== undefined) munged.resources.requests['storage'] = storage;
    delete munged.volumeAttributesClassName;
    delete expected.volumeAttributesClassName;
  }
  const errors: FieldError[] = [];
  if (!semanticEqual(munged, expected)) {
    errors.push(forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'));
  }
  if (shrinks(object, stored)) errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  return [...errors, ...immutable(spec.volumeMode, old.volumeMode, 'volumeMode'), ...keptClass(object, stored), ...validateBetaClass(object, stored)];
}

/** Less than before is asked for, and no more than what the volume has: what was too much to grow to may still be taken back. */
function shrinks({ spec }: PersistentVolumeClaim, { spec: old, status }: PersistentVolumeClaim): boolean {
  const size = parseQuantity(spec.resources?.requests?.['storage'] ?? '0');
  const oldSize = parseQuantity(old.resources?.requests?.['storage'] ?? '0');
  return compareQuantities(size, oldSize) < 0 && compareQuantities(size, parseQuantity(status?.capacity?.['storage'] ?? '0')) <= 0;
}

/** A class of attributes that the volume has got is not taken away. */
function keptClass({ spec }: PersistentVolumeClaim, { spec: old, status }: PersistentVolumeClaim): FieldError[] {
  const next = spec.volumeAttributesClassName;
  if (next === old.volumeAttributesClassName || status?.currentVolumeAttributesClassName === undefined || (next ?? '') !== '') return [];
  return [forbidden('spec.volumeAttributesClassName', `update from non-nil value to ${next === undefined ? 'nil' : 'an empty string'} is forbidden`)];
}

export function validateVolume({ metadata, spec }: PersistentVolume): FieldError[] {
  const errors = (spec.accessModes ?? []).length === 0 ? [required('spec.accessModes')] : validateModes(spec.accessModes, 'spec.accessModes');
  const capacity = Object.entries(spec.capacity ?? {});
  if (capacity.length === 0) errors.push(required('spec.capacity'));
  if (spec.capacity?.['storage'] === undefined || capacity.length > 1) errors.push(notSupported('spec.capacity', Object.fromEntries(capacity), ['storage']));
  for (const [name, size] of capacity) errors.push(...validateSize(size, at('spec.capacity', name)));
  errors.push(...oneOf(spec.persistentVolumeReclaimPolicy, 'spec.persistentVolumeReclaimPolicy', ['Delete', 'Recycle', 'Retain']));
  errors.push(...validateAffinity(spec), ...validateVolumeSource(metadata.name ?? '', spec, 'spec'));
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  }
  errors.push(...checked(spec.storageClassName, 'spec.storageClassName', checkDns1123Subdomain), ...oneOf(spec.volumeMode, 'spec.volumeMode', volumeModes));
  const attributes = spec.volumeAttributesClassName;
  if (attributes === undefined) return errors;
  if (attributes === '') errors.push(required('spec.volumeAttributesClassName', 'an empty string is disallowed'));
  errors.push(...checked(attributes, 'spec.volumeAttributesClassName', checkDns1123Subdomain));
  return spec.csi === undefined ? [...errors, required('spec.csi', 'has to be specified when using volumeAttributesClassName')] : errors;
}

function validateAffinity({ nodeAffinity }: PersistentVolume['spec']): FieldError[] {
  if (nodeAffinity === undefined) return [];
  const path = 'spec.nodeAffinity.required';
  const terms = nodeAffinity.required;
  return terms === undefined ? [required(path, 'must specify required node constraints')] : validateNodeSelectorTerms(terms.nodeSelectorTerms, child(path, 'nodeSelectorTerms'));
}

/** A volume's source is given once. */
export function validateVolumeUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): FieldError[] {
  const errors = semanticEqual(sourceOf(spec, old), sourceOf(old, old)) ? [] : [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')];
  errors.push(...immutable(spec.volumeMode, old.volumeMode, 'volumeMode'));
  if (old.nodeAffinity !== undefined && !semanticEqual(spec.nodeAffinity, old.nodeAffinity)) {
    errors.push(invalidValue('nodeAffinity', spec.nodeAffinity ?? null, 'field is immutable, except for updating from beta label to GA'));
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

/** A volume's source; the secret for its expansion may still be filled in. */
function sourceOf(spec: PersistentVolume['spec'], old: PersistentVolume['spec']): object {
  const source = Object.fromEntries(Object.entries(spec).filter(([key]) => !common.has(key)));
  if (spec.csi === undefined || old.csi?.controllerExpandSecretRef !== undefined) return source;
  return { ...source, csi: { ...spec.csi, controllerExpandSecretRef: undefined } };
}
