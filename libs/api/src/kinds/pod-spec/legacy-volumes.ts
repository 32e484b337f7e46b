import type { AzureDiskVolumeSource, FCVolumeSource, FlockerVolumeSource, ISCSIVolumeSource, QuobyteVolumeSource, StorageOSVolumeSource, Volume } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidEach, invalidValue, notSupported, required, together } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Label } from '../../validation/names.ts';
import { checked, requiredChecked } from '../../validation/values.ts';
import { relativePath } from './paths.ts';

/*
 * Sources of volumes from before CSI. Pods that name them are still taken, so each is checked for what it cannot do without
 * (pkg/apis/core/validation).
 */

/** What is wrong with one source of a volume, whose field `path` is. */
export type SourceRule = (volume: Volume, path: string) => FieldError[];

const quobyteTenantMax = 64;
export const iscsiNameMax = 64;

/** Sources that only older clusters had drivers for. */
export const legacySources = {
  gitRepo: ({ gitRepo }, path) => together(missing(gitRepo, ['repository'], path), relativePath(gitRepo?.directory ?? '', child(path, 'directory'))),
  // What is wrong inside has another path than the source itself.
  gcePersistentDisk: ({ gcePersistentDisk }, path) => validateDisk(gcePersistentDisk, 'pdName', path.replace(/gcePersistentDisk$/, 'persistentDisk')),
  awsElasticBlockStore: ({ awsElasticBlockStore }, path) => validateDisk(awsElasticBlockStore, 'volumeID', path),
  iscsi: validateIscsi,
  glusterfs: ({ glusterfs }, path) => missing(glusterfs, ['endpoints', 'path'], path),
  flocker: ({ flocker }, path) => validateFlocker(flocker ?? {}, path),
  rbd: ({ rbd }, path) => missing(rbd, ['monitors', 'image'], path),
  cinder: ({ cinder }, path) => together(missing(cinder, ['volumeID'], path), validateSecret(cinder?.secretRef, path)),
  cephfs: ({ cephfs }, path) => missing(cephfs, ['monitors'], path),
  quobyte: ({ quobyte }, path) => validateQuobyte(quobyte ?? {}, path),
  fc: ({ fc }, path) => validateFibreChannel(fc ?? {}, path),
  flexVolume: ({ flexVolume }, path) => together(missing(flexVolume, ['driver'], path), validateOptions(flexVolume?.options ?? {}, child(path, 'options'))),
  azureFile: ({ azureFile }, path) => missing(azureFile, ['secretName', 'shareName'], path),
  vsphereVolume: ({ vsphereVolume }, path) => missing(vsphereVolume, ['volumePath'], path),
  photonPersistentDisk: ({ photonPersistentDisk }, path) => missing(photonPersistentDisk, ['pdID'], path),
  portworxVolume: ({ portworxVolume }, path) => missing(portworxVolume, ['volumeID'], path),
  azureDisk: ({ azureDisk }, path) => validateAzureDisk(azureDisk ?? {}, path),
  storageos: ({ storageos }, path) => together(validateStorageOs(storageos ?? {}, path), validateSecret(storageos?.secretRef, path)),
  scaleIO: ({ scaleIO }, path) => missing(scaleIO, ['gateway', 'system', 'volumeName'], path),
} as const satisfies Readonly<Record<string, SourceRule>>;

/** The fields that a source must have. */
export function missing<T extends object>(source: T | undefined, fields: readonly (keyof T & string)[], path: string): FieldError[] {
  return fields.filter((field) => isEmpty(source?.[field])).map((field) => required(child(path, field)));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A reference to a secret, of a pod's own namespace. */
export function validateSecret(secret: { readonly name?: string } | undefined, path: string): FieldError[] {
  return secret === undefined ? [] : requiredChecked(secret.name, child(path, 'secretRef.name'));
}

function validateDisk<K extends string>(source: ({ readonly partition?: number } & { readonly [key in K]: string }) | undefined, name: K, path: string): FieldError[] {
  const { partition } = source ?? {};
  const errors = requiredChecked(source?.[name], child(path, name));
  return partition !== undefined && (partition < 0 || partition > 255) ? [...errors, invalidValue(child(path, 'partition'), partition, 'must be between 1 and 255, inclusive')] : errors;
}

/** A number of a logical unit. */
function byteRange(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && (value < 0 || value > 255) ? [invalidValue(path, value, 'must be between 0 and 255, inclusive')] : [];
}

function validateIscsi({ iscsi, name }: Volume, path: string): FieldError[] {
  if (iscsi === undefined) return [];
  const errors = validateIscsiTarget(iscsi, path, 'must be valid format starting with iqn, eui, or naa');
  if (iscsi.initiatorName === undefined || byteLength(`${name}:${iscsi.targetPortal}`) <= iscsiNameMax) return errors;
  return [...errors, invalidValue(path.replace(/iscsi$/, 'name'), name, iscsiTooLong)];
}

export const iscsiTooLong = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const iscsiForms: readonly (readonly [start: string, form: RegExp])[] = [['iqn', /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/], ['eui', /^eui.[A-Za-z0-9]{16}$/], ['naa', /^naa.[A-Za-z0-9]{32}$/]];

/** Where the target is and who asks; `unknown` is the text for names of no form at all. */
export function validateIscsiTarget(source: Omit<ISCSIVolumeSource, 'secretRef'> & { readonly secretRef?: object }, path: string, unknown: string): FieldError[] {
  const checkName = (name: string): string[] => {
    const form = iscsiForms.find(([start]) => name.startsWith(start))?.[1];
    if (form === undefined) return [unknown];
    return form.test(name) ? [] : ['must be valid format'];
  };
  const errors = together(
    requiredChecked(source.targetPortal, child(path, 'targetPortal')),
    requiredChecked(source.iqn, child(path, 'iqn'), checkName),
    byteRange(source.lun, child(path, 'lun')),
  );
  if ((source.chapAuthDiscovery === true || source.chapAuthSession === true) && source.secretRef === undefined) errors.push(required(child(path, 'secretRef')));
  if (source.initiatorName === undefined) return errors;
  return together(errors, invalidEach(checkName(source.initiatorName), child(path, 'initiatorname'), source.initiatorName));
}

function validateFlocker({ datasetName = '', datasetUUID = '' }: FlockerVolumeSource, path: string): FieldError[] {
  const errors = datasetName === '' && datasetUUID === '' ? [required(path, 'one of datasetName and datasetUUID is required')] : [];
  if (datasetName !== '' && datasetUUID !== '') errors.push(invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  return datasetName.includes('/') ? [...errors, invalidValue(child(path, 'datasetName'), datasetName, "must not contain '/'")] : errors;
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: string): FieldError[] {
  const names = child(path, 'targetWWNs');
  const errors: FieldError[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0) errors.push(required(names, 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length > 0 && wwids.length > 0) errors.push(invalidValue(names, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  if (targetWWNs.length === 0) return errors;
  return together(errors, lun === undefined ? [required(child(path, 'lun'), 'lun is required if targetWWNs is specified')] : byteRange(lun, child(path, 'lun')));
}

function validateQuobyte({ registry = '', tenant = '', volume = '' }: Partial<QuobyteVolumeSource>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const form = 'must be a host:port pair or multiple pairs separated by commas';
  const isPair = (pair: string): boolean => /^(\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair);
  if (registry === '') errors.push(required(child(path, 'registry'), form));
  else if (byteLength(tenant) > quobyteTenantMax) errors.push(required(child(path, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  else errors.push(...registry.split(',').filter((pair) => !isPair(pair)).map(() => invalidValue(child(path, 'registry'), registry, form)));
  return volume === '' ? [...errors, required(child(path, 'volume'))] : errors;
}

function validateOptions(options: Readonly<Record<string, string>>, path: string): FieldError[] {
  const reserved = Object.keys(options).filter((key) => /\.(kubernetes|k8s)\.io$/.test(`.${(key.split('/')[0] ?? '').toLowerCase()}`));
  return reserved.map((key) => invalidValue(at(path, key), key, 'kubernetes.io and k8s.io namespaces are reserved'));
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite'];
const diskKinds = ['Dedicated', 'Managed', 'Shared'];

function validateAzureDisk(source: Partial<AzureDiskVolumeSource>, path: string): FieldError[] {
  const { diskURI = '', cachingMode, kind } = source;
  const errors = missing(source, ['diskName', 'diskURI'], path);
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode)) errors.push(notSupported(child(path, 'cachingMode'), cachingMode, cachingModes));
  if (kind === undefined) return errors;
  if (!diskKinds.includes(kind)) errors.push(notSupported(child(path, 'kind'), kind, diskKinds));
  const managed = kind === 'Managed';
  if (diskURI.startsWith(managed ? '/subscriptions/' : 'https://')) return errors;
  const form = managed ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}' : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
  return [...errors, notSupported(child(path, 'diskURI'), diskURI, [form])];
}

function validateStorageOs({ volumeName, volumeNamespace }: Omit<StorageOSVolumeSource, 'secretRef'>, path: string): FieldError[] {
  return together(requiredChecked(volumeName, child(path, 'volumeName'), checkDns1123Label), checked(volumeNamespace, child(path, 'volumeNamespace'), checkDns1123Label));
}
