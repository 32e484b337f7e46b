import type { PersistentVolume } from '../../gen/types/core-v1.ts';
import { child, forbidden, invalidValue, required, together } from '../../validation/field-error.ts';
import { byteLength, checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { requiredChecked } from '../../validation/values.ts';
import type { FieldError } from '../../status.ts';
import { validateCsiDriver } from '../pod-spec/csi-driver-name.ts';
import { iscsiNameMax, iscsiTooLong, legacySources, validateIscsiTarget } from '../pod-spec/legacy-volumes.ts';
import { hostPathSource, localSource, nfsSource } from '../pod-spec/path-volumes.ts';

type Spec = PersistentVolume['spec'];
type Source = Exclude<keyof typeof legacySources, 'gitRepo' | 'iscsi'> | 'hostPath' | 'nfs' | 'iscsi' | 'local' | 'csi';

/** The sources in the order in which they are looked at: of two, the later one is refused. */
const sources: readonly Source[] = [
  'hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte', 'cephfs', 'iscsi', 'cinder', 'fc',
  'flexVolume', 'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'scaleIO', 'local', 'storageos', 'csi',
];

/** What a volume comes from: one thing, said in full. */
export function validateVolumeSource(name: string, spec: Spec, path: string): FieldError[] {
  const [first, ...more] = sources.filter((source) => spec[source] !== undefined);
  if (first === undefined) return [required(path, 'must specify a volume type')];
  return [...validateOne(first, name, spec, child(path, first)), ...more.map((source) => forbidden(child(path, source === 'cephfs' ? 'cephFS' : source), 'may not specify more than 1 volume type'))];
}

function validateOne(source: Source, name: string, spec: Spec, path: string): FieldError[] {
  if (source === 'hostPath') return hostPathSource(spec.hostPath, path);
  if (source === 'nfs') return nfsSource(spec.nfs, path);
  if (source === 'iscsi') return validateIscsi(name, spec.iscsi, path);
  if (source === 'local') return validateLocal(spec, path);
  if (source === 'csi') return validateCsi(spec.csi, path);
  return legacySources[source]({ name, ...spec }, path);
}

function validateIscsi(name: string, iscsi: Spec['iscsi'], path: string): FieldError[] {
  if (iscsi === undefined) return [];
  const errors = validateIscsiTarget(iscsi, path, 'must be valid format');
  if (iscsi.initiatorName === undefined || byteLength(`${name}:${iscsi.targetPortal}`) <= iscsiNameMax) return errors;
  return [...errors, invalidValue(path.replace(/iscsi$/, 'metadata.name'), name, iscsiTooLong)];
}

/** What is on a node can be used on that node only. */
function validateLocal({ local, nodeAffinity }: Spec, path: string): FieldError[] {
  const errors = localSource(local, path);
  return nodeAffinity === undefined ? [...errors, required(path.replace(/local$/, 'nodeAffinity'), 'Local volume requires node affinity')] : errors;
}

const secretFields = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef', 'nodeStageSecretRef'] as const;

function validateCsi(csi: Spec['csi'], path: string): FieldError[] {
  const errors = together(validateCsiDriver(csi?.driver, child(path, 'driver')), requiredChecked(csi?.volumeHandle, child(path, 'volumeHandle')));
  for (const field of secretFields) {
    const secret = csi?.[field];
    if (secret === undefined) continue;
    const here = child(path, field);
    errors.push(...requiredChecked(secret.name, child(here, 'name'), checkDns1123Subdomain), ...requiredChecked(secret.namespace, child(here, 'namespace'), checkDns1123Label));
  }
  return errors;
}
