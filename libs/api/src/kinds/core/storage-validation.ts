import type { PersistentVolume, PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { compareQuantities, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkCsiDriverName, checkDns1123Subdomain } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, immutable, oneOf, requiredChecked } from '../../validation/values.ts';
import { noBackSteps } from '../pod-spec/paths.ts';
import { validateClaimSpec, validateModes, validateSize, volumeModes } from './claim-spec.ts';
import { validateNodeSelectorTerms } from '../pod-spec/scheduling.ts';

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
  const { spec, status } = object;
  const { spec: old, status: before } = stored;
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
  if ((old.volumeAttributesClassName ?? '') !== '' && (spec.volumeAttributesClassName ?? '') === '' && before?.currentVolumeAttributesClassName !== undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return [...errors, ...immutable(spec.volumeMode, old.volumeMode, 'spec.volumeMode'), ...validateBetaClass(object, stored)];
}

export function validateVolume({ spec }: PersistentVolume): FieldError[] {
  const errors = validateModes(spec.accessModes, 'spec.accessModes');
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
  errors.push(...validateVolumeSource(spec), ...checked(spec.storageClassName, 'spec.storageClassName', checkDns1123Subdomain), ...oneOf(spec.volumeMode, 'spec.volumeMode', volumeModes));
  const attributes = spec.volumeAttributesClassName;
  if (attributes === undefined) return errors;
  if (attributes === '') errors.push(required('spec.volumeAttributesClassName', 'an empty string is disallowed'));
  errors.push(...checked(attributes, 'spec.volumeAttributesClassName', checkDns1123Subdomain));
  return spec.csi === undefined ? [...errors, required('spec.csi', 'has to be specified when using volumeAttributesClassName')] : errors;
}

const secretFields = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef', 'nodeStageSecretRef'] as const;

/** Key fields of the sources that volumes still come from. */
function validateVolumeSource({ hostPath, nfs, local, csi }: PersistentVolume['spec']): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, source] of Object.entries({ hostPath, local })) {
    if (source === undefined) continue;
    const field = `spec.${name}.path`;
    errors.push(...requiredChecked(source.path, field), ...noBackSteps(source.path ?? '', field));
  }
  if (nfs !== undefined) errors.push(...requiredChecked(nfs.server, 'spec.nfs.server'), ...requiredChecked(nfs.path, 'spec.nfs.path'));
  if ((nfs?.path ?? '') !== '' && nfs?.path.startsWith('/') === false) errors.push(invalidValue('spec.nfs.path', nfs.path, 'must be an absolute path'));
  if (csi === undefined) return errors;
  errors.push(...requiredChecked(csi.driver, 'spec.csi.driver', checkCsiDriverName), ...requiredChecked(csi.volumeHandle, 'spec.csi.volumeHandle'));
  for (const field of secretFields) {
    const secret = csi[field];
    if (secret === undefined) continue;
    errors.push(...requiredChecked(secret.name, `spec.csi.${field}.name`), ...requiredChecked(secret.namespace, `spec.csi.${field}.namespace`));
  }
  return errors;
}

/** A volume's source is given once. */
export function validateVolumeUpdate({ spec }: PersistentVolume, { spec: old }: PersistentVolume): FieldError[] {
  const errors = semanticEqual(sourceOf(spec, old), sourceOf(old, old)) ? [] : [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')];
  errors.push(...immutable(spec.volumeMode, old.volumeMode, 'spec.volumeMode'));
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  if (old.nodeAffinity !== undefined) errors.push(...immutable(spec.nodeAffinity, old.nodeAffinity, 'spec.nodeAffinity'));
  return errors;
}

/** A volume's source; the secret for its expansion may still be filled in. */
function sourceOf(spec: PersistentVolume['spec'], old: PersistentVolume['spec']): object {
  const source = Object.fromEntries(Object.entries(spec).filter(([key]) => !common.has(key)));
  if (spec.csi === undefined || old.csi?.controllerExpandSecretRef !== undefined) return source;
  return { ...source, csi: { ...spec.csi, controllerExpandSecretRef: undefined } };
}
