import type { ClusterTrustBundleProjection, DownwardAPIVolumeFile, KeyToPath, PersistentVolumeClaimTemplate, PodSpec, Volume, VolumeProjection } from '../../gen/types/core-v1.ts';
import { parseQuantity } from '../../quantity.ts';
import { validateLabelSelector } from '../../selectors/label-selector.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkConfigMapKey, checkCsiDriverName, checkDns1123Label } from '../../validation/names.ts';
import { validateAnnotations } from '../../validation/object-meta.ts';
import { oneOf, requiredChecked } from '../../validation/values.ts';
import { validateClaimSpec } from '../core/claim-spec.ts';
import { validateFieldRef, validateResourceFieldRef } from './env.ts';
import { validateLegacyVolume } from './legacy-volumes.ts';
import { fileMode, noBackSteps, nonReservedPath } from './paths.ts';

const downwardFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

/** Volumes of a pod spec: named once, each with one source. */
export function validateVolumes(spec: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return (spec.volumes ?? []).flatMap((volume, i) => {
    const here = at(path, i);
    const errors = requiredChecked(volume.name, child(here, 'name'), checkDns1123Label);
    if (errors.length === 0 && names.has(volume.name)) errors.push(duplicate(child(here, 'name'), volume.name));
    names.add(volume.name);
    return [...errors, ...validateSource(volume, here)];
  });
}

function validateSource(volume: Volume, path: string): FieldError[] {
  const sources = Object.keys(volume).filter((key) => key !== 'name' && volume[key as keyof Volume] !== undefined);
  if (sources.length === 0) return [required(path, 'must specify a volume type')];
  const [, ...more] = sources;
  return [...more.map((source) => forbidden(child(path, source), 'may not specify more than 1 volume type')), ...validateFields(volume, path)];
}

function validateFields(volume: Volume, path: string): FieldError[] {
  const { emptyDir, hostPath, secret, configMap, downwardAPI, persistentVolumeClaim, projected, nfs, csi, image, ephemeral } = volume;
  if (emptyDir !== undefined) {
    const negative = emptyDir.sizeLimit !== undefined && parseQuantity(emptyDir.sizeLimit).nano < 0n;
    return negative ? [forbidden(child(path, 'emptyDir.sizeLimit'), 'SizeLimit field must be a valid resource quantity')] : [];
  }
  if (hostPath !== undefined) {
    const field = child(path, 'hostPath.path');
    const wrong = (hostPath.path ?? '') === '' ? [required(field)] : noBackSteps(hostPath.path, field);
    return [...wrong, ...oneOf(hostPath.type, child(path, 'hostPath.type'), hostPathTypes)];
  }
  if (secret !== undefined) {
    return [...requiredChecked(secret.secretName, child(path, 'secret.secretName')), ...validateFiles(secret, child(path, 'secret'))];
  }
  if (configMap !== undefined) return [...requiredChecked(configMap.name, child(path, 'configMap.name')), ...validateFiles(configMap, child(path, 'configMap'))];
  if (downwardAPI !== undefined) return validateDownward(downwardAPI, child(path, 'downwardAPI'));
  if (persistentVolumeClaim !== undefined) return requiredChecked(persistentVolumeClaim.claimName, child(path, 'persistentVolumeClaim.claimName'));
  if (projected !== undefined) {
    const sources = (projected.sources ?? []).flatMap((source, i) => validateProjection(source, at(child(path, 'projected.sources'), i)));
    return [...sources, ...uniquePaths(projected.sources ?? [], path), ...fileMode(projected.defaultMode, child(path, 'projected.defaultMode'))];
  }
  if (nfs !== undefined) {
    const wrong = [...requiredChecked(nfs.server, child(path, 'nfs.server')), ...requiredChecked(nfs.path, child(path, 'nfs.path'))];
    return (nfs.path ?? '') !== '' && !nfs.path.startsWith('/') ? [...wrong, invalidValue(child(path, 'nfs.path'), nfs.path, 'must be an absolute path')] : wrong;
  }
  if (csi !== undefined) {
    const secret = csi.nodePublishSecretRef;
    return [...requiredChecked(csi.driver, child(path, 'csi.driver'), checkCsiDriverName), ...(secret === undefined ? [] : requiredChecked(secret.name, child(path, 'csi.nodePublishSecretRef.name')))];
  }
  if (image !== undefined) return oneOf(image.pullPolicy, child(path, 'image.pullPolicy'), ['Always', 'IfNotPresent', 'Never']);
  return ephemeral === undefined ? validateLegacyVolume(volume, path) : validateClaimTemplate(ephemeral.volumeClaimTemplate, child(path, 'ephemeral.volumeClaimTemplate'));
}

/** A claim that is made with the pod: it gets its name from the pod, so that of its metadata only labels and annotations are said. */
function validateClaimTemplate(template: PersistentVolumeClaimTemplate | undefined, path: string): FieldError[] {
  if (template === undefined) return [required(path)];
  const { labels, annotations, ...rest } = template.metadata ?? {};
  const here = child(path, 'metadata');
  return [
    ...validateAnnotations(annotations, child(here, 'annotations')),
    ...validateLabels(labels, child(here, 'labels')),
    ...Object.entries(rest).filter(([, value]) => value !== undefined && value !== null && value !== '').map(([field]) => forbidden(child(here, field), 'cannot be set for an ephemeral volume')),
    ...validateClaimSpec(template.spec, child(path, 'spec')),
  ];
}

function validateFiles(source: { readonly items?: readonly KeyToPath[]; readonly defaultMode?: number }, path: string): FieldError[] {
  return [...fileMode(source.defaultMode, child(path, 'defaultMode')), ...validateItems(source.items, path)];
}

function validateItems(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, i) => {
    const here = at(child(path, 'items'), i);
    const wrong = requiredChecked(item.key, child(here, 'key'), checkConfigMapKey);
    wrong.push(...((item.path ?? '') === '' ? [required(child(here, 'path'))] : nonReservedPath(item.path, child(here, 'path'))));
    return [...wrong, ...fileMode(item.mode, child(here, 'mode'))];
  });
}

function validateDownward(source: { readonly items?: readonly DownwardAPIVolumeFile[]; readonly defaultMode?: number }, path: string): FieldError[] {
  const files = (source.items ?? []).flatMap((file, i) => validateDownwardFile(file, at(child(path, 'items'), i)));
  return [...fileMode(source.defaultMode, child(path, 'defaultMode')), ...files];
}

function validateDownwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  const errors = (file.path ?? '') === '' ? [required(child(path, 'path'))] : nonReservedPath(file.path, child(path, 'path'));
  const { fieldRef, resourceFieldRef } = file;
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, downwardFields, child(path, 'fieldRef')));
    if (resourceFieldRef !== undefined) errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (resourceFieldRef !== undefined) {
    if ((resourceFieldRef.containerName ?? '') === '') errors.push(required(child(path, 'resourceFieldRef.containerName')));
    errors.push(...validateResourceFieldRef(resourceFieldRef, child(path, 'resourceFieldRef')));
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...fileMode(file.mode, child(path, 'mode'))];
}

function validateProjection(source: VolumeProjection, path: string): FieldError[] {
  const given = Object.keys(source).filter((key) => source[key as keyof VolumeProjection] !== undefined);
  const errors = given.slice(1).map((key) => forbidden(child(path, key), 'may not specify more than 1 volume type per source'));
  const { secret, configMap, downwardAPI, serviceAccountToken: token } = source;
  if (secret !== undefined) errors.push(...requiredChecked(secret.name, child(path, 'secret.name')), ...validateItems(secret.items, child(path, 'secret')));
  if (configMap !== undefined) errors.push(...requiredChecked(configMap.name, child(path, 'configMap.name')), ...validateItems(configMap.items, child(path, 'configMap')));
  if (downwardAPI !== undefined) errors.push(...validateDownward(downwardAPI, child(path, 'downwardAPI')));
  if (token !== undefined) errors.push(...validateToken(token, child(path, 'serviceAccountToken')));
  if (source.clusterTrustBundle !== undefined) errors.push(...validateTrustBundle(source.clusterTrustBundle, child(path, 'clusterTrustBundle')));
  return errors;
}

/** Certificates to trust: of one bundle by its name, or of all that a signer has. */
function validateTrustBundle(source: ClusterTrustBundleProjection, path: string): FieldError[] {
  const { name, signerName, labelSelector } = source;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) errors.push(invalidValue(path, source, 'only one of name and signerName may be used'));
  else if (name === '') errors.push(required(child(path, 'name'), 'must be a valid object name'));
  else if (signerName === '') errors.push(required(child(path, 'signerName'), 'must be a valid signer name'));
  else if (name === undefined && signerName === undefined) errors.push(required(path, 'either name or signerName must be specified'));
  if (name !== undefined && signerName === undefined && labelSelector !== undefined) errors.push(invalidValue(child(path, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'));
  errors.push(...validateLabelSelector(labelSelector, child(path, 'labelSelector')));
  return [...errors, ...((source.path ?? '') === '' ? [required(child(path, 'path'))] : nonReservedPath(source.path, child(path, 'path')))];
}

function validateToken(token: { readonly path?: string; readonly expirationSeconds?: number }, path: string): FieldError[] {
  const field = child(path, 'expirationSeconds');
  const seconds = token.expirationSeconds ?? 3600;
  const errors: FieldError[] = [];
  if (seconds < 600) errors.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) errors.push(invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  return [...errors, ...((token.path ?? '') === '' ? [required(child(path, 'path'))] : nonReservedPath(token.path ?? '', child(path, 'path')))];
}

/** No two sources of a projected volume may write the same file. */
function uniquePaths(sources: readonly VolumeProjection[], path: string): FieldError[] {
  const seen = new Set<string>();
  return sources.flatMap((source, i) => {
    const paths = [
      ...[...(source.secret?.items ?? []), ...(source.configMap?.items ?? []), ...(source.downwardAPI?.items ?? [])].map((item) => item.path),
      ...(source.serviceAccountToken === undefined ? [] : [source.serviceAccountToken.path]),
      ...(source.clusterTrustBundle === undefined ? [] : [source.clusterTrustBundle.path]),
    ];
    return paths.flatMap((p) => {
      if (!seen.has(p)) {
        seen.add(p);
        return [];
      }
      return [invalidValue(at(child(path, 'projected.sources'), i), p, 'conflicting duplicate paths')];
    });
  });
}
