import type { PersistentVolumeClaim } from '../../gen/types/core-v1.ts';
import { parseQuantity } from '../../quantity.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { checkDns1123Subdomain } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { checked, oneOf, requiredChecked } from '../../validation/values.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
/** A file system, or the blocks as they are. */
export const volumeModes: readonly string[] = ['Block', 'Filesystem'];

/** What a claim asks for, of its own or of a pod's template. */
export function validateClaimSpec(spec: PersistentVolumeClaim['spec'] | undefined, path: string): FieldError[] {
  if (spec === undefined) return [required(path)];
  const storage = spec.resources?.requests?.['storage'];
  return [
    ...validateModes(spec.accessModes, child(path, 'accessModes')),
    ...validateLabelSelector(spec.selector, child(path, 'selector')),
    ...(storage === undefined ? [required(child(path, 'resources[storage]'))] : validateSize(storage, child(path, 'resources[storage]'))),
    ...checked(spec.storageClassName, child(path, 'storageClassName'), checkDns1123Subdomain),
    ...oneOf(spec.volumeMode, child(path, 'volumeMode'), volumeModes),
    ...validateSources(spec, path),
    ...checked(spec.volumeAttributesClassName, child(path, 'volumeAttributesClassName'), checkDns1123Subdomain),
  ];
}

/** What a volume is filled from. */
function validateSources({ dataSource, dataSourceRef }: PersistentVolumeClaim['spec'], path: string): FieldError[] {
  const errors = (['dataSource', 'dataSourceRef'] as const).flatMap((field) => validateDataSource(field === 'dataSource' ? dataSource : dataSourceRef, child(path, field)));
  const otherNamespace = (dataSourceRef?.namespace ?? '') !== '';
  if (otherNamespace && dataSource !== undefined) errors.push(invalidValue(path, child(path, 'dataSource'), 'may not be specified when dataSourceRef.namespace is specified'));
  if (otherNamespace || dataSource === undefined || dataSourceRef === undefined || semanticEqual(dataSource, dataSourceRef)) return errors;
  return [...errors, invalidValue(path, child(path, 'dataSource'), 'must match dataSourceRef')];
}

function validateDataSource(source: { readonly apiGroup?: string | null; readonly kind?: string; readonly name?: string } | undefined, path: string): FieldError[] {
  if (source === undefined) return [];
  const { kind = '' } = source;
  const apiGroup = source.apiGroup ?? '';
  const errors = [...requiredChecked(source.name, child(path, 'name')), ...requiredChecked(kind, child(path, 'kind'))];
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') errors.push(invalidValue(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  return [...errors, ...checked(apiGroup, child(path, 'apiGroup'), checkDns1123Subdomain)];
}

/** How a volume may be mounted: one way at least, and one alone when by a single pod. */
export function validateModes(given: readonly string[] | undefined, path: string): FieldError[] {
  if ((given ?? []).length === 0) return [required(path, 'at least 1 access mode is required')];
  const errors = (given ?? []).filter((mode) => !modes.includes(mode)).map((mode) => notSupported(path, mode, modes));
  if (given?.includes('ReadWriteOncePod') === true && given.length > 1) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

/** An amount of storage. */
export function validateSize(size: string, path: string): FieldError[] {
  return parseQuantity(size).nano > 0n ? [] : [invalidValue(path, size, 'must be greater than zero')];
}
