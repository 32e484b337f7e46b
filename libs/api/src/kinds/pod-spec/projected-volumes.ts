import type { ClusterTrustBundleProjection, ProjectedVolumeSource, VolumeProjection } from '../../gen/types/core-v1.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, ofEach, required, together } from '../../validation/field-error.ts';
import { requiredChecked } from '../../validation/values.ts';
import { checkSignerName } from '../signer-name.ts';
import { checkTrustBundleName } from './trust-bundle-name.ts';
import { fileMode, nonReservedPath } from './paths.ts';
import { takenPath, validateDownwardFile, validateItem } from './volume-files.ts';

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;

/** Several sources as one volume: each of one kind, and no two of them the same file. */
export function validateProjected(projected: ProjectedVolumeSource | undefined, path: string): FieldError[] {
  const taken = new Set<string>();
  return together(
    fileMode(projected?.defaultMode, child(path, 'defaultMode')),
    ofEach(projected?.sources, (source, i) => validateProjection(source, taken, path, at(child(path, 'sources'), i))),
  );
}

/** `volume` is the path of the whole volume, where upstream reports conflicts. */
function validateProjection(source: VolumeProjection, taken: Set<string>, volume: string, path: string): FieldError[] {
  const { downwardAPI, serviceAccountToken: token, clusterTrustBundle: bundle } = source;
  const errors: FieldError[] = [];
  for (const which of ['secret', 'configMap'] as const) {
    const keys = source[which];
    if (keys === undefined) continue;
    const here = child(path, which);
    errors.push(...requiredChecked(keys.name, child(here, 'name')));
    for (const [i, item] of (keys.items ?? []).entries()) errors.push(...validateItem(item, at(child(here, 'items'), i)), ...takenPath(taken, item.path, volume, keys.name));
  }
  for (const file of downwardAPI?.items ?? []) errors.push(...validateDownwardFile(file, child(path, 'downwardAPI')), ...takenPath(taken, file.path, volume));
  if (token !== undefined) errors.push(...validateToken(token, volume, child(path, 'serviceAccountToken')));
  if (bundle !== undefined) errors.push(...validateTrustBundle(bundle, child(path, 'clusterTrustBundle')), ...takenPath(taken, bundle.path, volume));
  const given = (['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'] as const).filter((which) => source[which] !== undefined);
  return given.length > 1 ? [...errors, forbidden(path, 'may not specify more than 1 volume type per source')] : errors;
}

function validateToken(token: { readonly path?: string; readonly expirationSeconds?: number }, volume: string, path: string): FieldError[] {
  const field = child(path, 'expirationSeconds');
  const seconds = token.expirationSeconds ?? 3600;
  const errors: FieldError[] = [];
  if (seconds < tokenSecondsMin) errors.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > tokenSecondsMax) errors.push(invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  const file = child(volume, 'path');
  return together(errors, (token.path ?? '') === '' ? [required(file)] : nonReservedPath(token.path ?? '', file));
}

/** Certificates to trust: of one bundle by its name, or of all that a signer has. */
function validateTrustBundle(source: ClusterTrustBundleProjection, path: string): FieldError[] {
  const { name, signerName } = source;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) errors.push(invalidValue(path, source, 'only one of name and signerName may be used'));
  else if (name !== undefined) errors.push(...validateNamedBundle(name, source, path));
  else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(child(path, 'signerName'), 'must be a valid signer name'));
    errors.push(...checkSignerName(signerName, child(path, 'signerName')), ...validateLabelSelector(source.labelSelector, child(path, 'labelSelector')));
  } else errors.push(required(path, 'either name or signerName must be specified'));
  return together(errors, requiredChecked(source.path, child(path, 'path')), nonReservedPath(source.path ?? '', child(path, 'path')));
}

function validateNamedBundle(name: string, { labelSelector }: ClusterTrustBundleProjection, path: string): FieldError[] {
  const field = child(path, 'name');
  const errors = name === '' ? [required(field, 'must be a valid object name')] : [];
  errors.push(...checkTrustBundleName(name).map((e) => invalidValue(field, name, `not a valid clustertrustbundlename: ${e}`)));
  return labelSelector === undefined ? errors : [...errors, invalidValue(child(path, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified')];
}
