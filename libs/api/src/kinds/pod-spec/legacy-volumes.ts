import type { AzureDiskVolumeSource, FCVolumeSource, ISCSIVolumeSource, QuobyteVolumeSource, Volume } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, invalidValue, notSupported, required, tooLong } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Label } from '../../validation/names.ts';
import { checked, oneOf } from '../../validation/values.ts';
import { relativePath } from './paths.ts';

/*
 * Sources of volumes from before CSI. Pods that name them are still taken, so each is checked for what it cannot do without
 * (pkg/apis/core/validation).
 */

/** Fields that a source must have, by source; dotted ones are of a part that may be absent as a whole. */
const needed: ReadonlyMap<string, readonly string[]> = new Map([
  ['gcePersistentDisk', ['pdName']], ['awsElasticBlockStore', ['volumeID']], ['gitRepo', ['repository']], ['glusterfs', ['endpoints', 'path']],
  ['rbd', ['monitors', 'image']], ['cinder', ['volumeID', 'secretRef.name']], ['cephfs', ['monitors']], ['flexVolume', ['driver']], ['azureFile', ['secretName', 'shareName']],
  ['vsphereVolume', ['volumePath']], ['photonPersistentDisk', ['pdID']], ['portworxVolume', ['volumeID']], ['scaleIO', ['gateway', 'system', 'volumeName']],
  ['storageos', ['volumeName', 'secretRef.name']], ['azureDisk', ['diskName', 'diskURI']], ['iscsi', ['targetPortal', 'iqn', 'secretRef.name']],
]);

const quobyteMax = 1023;
const quobyteTenantMax = 64;

/** What is wrong with a source that only older clusters had drivers for. */
export function validateLegacyVolume(volume: Volume, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [source, fields] of needed) {
    const value = volume[source as keyof Volume];
    if (typeof value === 'object') errors.push(...fields.flatMap((field) => validateNeeded(value, field, child(path, source))));
  }
  for (const source of ['gcePersistentDisk', 'awsElasticBlockStore'] as const) errors.push(...byteRange(volume[source]?.partition, child(path, `${source}.partition`)));
  const { gitRepo, iscsi, flocker, fc, flexVolume, quobyte, azureDisk, storageos } = volume;
  if ((gitRepo?.directory ?? '') !== '') errors.push(...relativePath(gitRepo?.directory ?? '', child(path, 'gitRepo.directory')));
  if (iscsi !== undefined) errors.push(...validateIscsi(iscsi, child(path, 'iscsi')));
  if (flocker !== undefined) errors.push(...validateFlocker(flocker, child(path, 'flocker')));
  if (fc !== undefined) errors.push(...validateFibreChannel(fc, child(path, 'fc')));
  if (quobyte !== undefined) errors.push(...validateQuobyte(quobyte, child(path, 'quobyte')));
  if (azureDisk !== undefined) errors.push(...validateAzureDisk(azureDisk, child(path, 'azureDisk')));
  errors.push(...checked(storageos?.volumeName, child(path, 'storageos.volumeName'), checkDns1123Label), ...checked(storageos?.volumeNamespace, child(path, 'storageos.volumeNamespace'), checkDns1123Label));
  for (const key of Object.keys(flexVolume?.options ?? {})) {
    if (/(^|\.)(kubernetes|k8s)\.io$/.test(key.split('/')[0] ?? '')) errors.push(invalidValue(at(child(path, 'flexVolume.options'), key), key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
  return errors;
}

function validateNeeded(source: object, field: string, path: string): FieldError[] {
  const [first = '', rest] = field.split('.');
  const value: unknown = (source as Record<string, unknown>)[first];
  if (rest !== undefined) return typeof value === 'object' && value !== null ? validateNeeded(value, rest, child(path, first)) : [];
  const missing = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  return missing ? [required(child(path, first))] : [];
}

/** A number of a partition or a logical unit. */
function byteRange(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && (value < 0 || value > 255) ? [invalidValue(path, value, 'must be between 0 and 255, inclusive')] : [];
}

const qualifiedNames = [/^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+(:[^,;*&$|\s]+)?$/, /^eui\.[A-Za-z0-9]{16}$/, /^naa\.[A-Za-z0-9]{32}$/];

function validateIscsi(source: ISCSIVolumeSource, path: string): FieldError[] {
  const isName = (name: string): boolean => qualifiedNames.some((form) => form.test(name));
  const errors: FieldError[] = [];
  if ((source.iqn ?? '') !== '' && !isName(source.iqn)) errors.push(invalidValue(child(path, 'iqn'), source.iqn, 'must be valid format'));
  errors.push(...byteRange(source.lun, child(path, 'lun')));
  if ((source.chapAuthDiscovery === true || source.chapAuthSession === true) && source.secretRef === undefined) errors.push(required(child(path, 'secretRef')));
  if (source.initiatorName !== undefined && !isName(source.initiatorName)) errors.push(invalidValue(child(path, 'initiatorname'), source.initiatorName, 'must be valid format'));
  return errors;
}

function validateFlocker({ datasetName = '', datasetUUID = '' }: NonNullable<Volume['flocker']>, path: string): FieldError[] {
  if (datasetName === '' && datasetUUID === '') return [required(path, 'one of datasetName and datasetUUID is required')];
  if (datasetName !== '' && datasetUUID !== '') return [invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')];
  return datasetName.includes('/') ? [invalidValue(child(path, 'datasetName'), datasetName, "must not contain '/'")] : [];
}

function validateFibreChannel({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: string): FieldError[] {
  const names = child(path, 'targetWWNs');
  if (targetWWNs.length > 0 && wwids.length > 0) return [invalidValue(names, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')];
  if (targetWWNs.length === 0 && wwids.length === 0) return [required(names, 'must specify either targetWWNs or wwids, but not both')];
  if (targetWWNs.length === 0) return [];
  return lun === undefined ? [required(child(path, 'lun'), 'lun is required if targetWWNs is specified')] : byteRange(lun, child(path, 'lun'));
}

function validateQuobyte({ registry = '', tenant = '', volume = '' }: Partial<QuobyteVolumeSource>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const form = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') errors.push(required(child(path, 'registry'), form));
  else if (byteLength(registry) > quobyteMax) errors.push(tooLong(child(path, 'registry'), quobyteMax));
  else if (!registry.split(',').every((pair) => /^(\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair))) errors.push(invalidValue(child(path, 'registry'), registry, form));
  if (byteLength(tenant) > quobyteTenantMax) errors.push(required(child(path, 'tenant'), 'must be UUID and may not exceed a length of 64 characters'));
  if (volume === '') errors.push(required(child(path, 'volume')));
  return byteLength(volume) > quobyteMax ? [...errors, tooLong(child(path, 'volume'), quobyteMax)] : errors;
}

function validateAzureDisk({ diskURI = '', cachingMode, kind }: Partial<AzureDiskVolumeSource>, path: string): FieldError[] {
  const errors = [...oneOf(cachingMode, child(path, 'cachingMode'), ['None', 'ReadOnly', 'ReadWrite']), ...oneOf(kind, child(path, 'kind'), ['Dedicated', 'Managed', 'Shared'])];
  const managed = kind === 'Managed';
  if (managed ? !diskURI.startsWith('/subscriptions/') : !diskURI.startsWith('https://')) {
    const form = managed ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}' : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
    errors.push(notSupported(child(path, 'diskURI'), diskURI, [form]));
  }
  return errors;
}
