import type { PersistentVolumeClaimTemplate, PodSpec, Volume } from '../../gen/types/core-v1.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import { parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidEach, invalidValue, required, together } from '../../validation/field-error.ts';
import { validateLabels } from '../../validation/labels.ts';
import { checkDns1123Label, checkDns1123Subdomain } from '../../validation/names.ts';
import { validateAnnotations } from '../../validation/object-meta.ts';
import { oneOf, requiredChecked } from '../../validation/values.ts';
import { validateClaimSpec } from '../core/claim-spec.ts';
import { validateCsiDriver } from './csi-driver-name.ts';
import { legacySources } from './legacy-volumes.ts';
import type { SourceRule } from './legacy-volumes.ts';
import { hostPathSource, nfsSource } from './path-volumes.ts';
import { validateProjected } from './projected-volumes.ts';
import { validateDownward, validateFiles } from './volume-files.ts';

type Source = Exclude<keyof Volume, 'name'>;

/** The sources in the order in which they are looked at: of two, the later one is refused. The path of a refusal is not always the name of the field. */
const sources: readonly (readonly [source: Source, rule: SourceRule, refusedAs?: string])[] = [
  ['emptyDir', ({ emptyDir }, path) => (emptyDir?.sizeLimit !== undefined && parseQuantity(emptyDir.sizeLimit).nano < 0n ? [forbidden(child(path, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')] : [])],
  ['hostPath', ({ hostPath }, path) => hostPathSource(hostPath, path)],
  ['gitRepo', legacySources.gitRepo],
  ['gcePersistentDisk', legacySources.gcePersistentDisk],
  ['awsElasticBlockStore', legacySources.awsElasticBlockStore],
  ['secret', ({ secret }, path) => together(requiredChecked(secret?.secretName, child(path, 'secretName')), validateFiles(secret, path))],
  ['nfs', ({ nfs }, path) => nfsSource(nfs, path)],
  ['iscsi', legacySources.iscsi],
  ['glusterfs', legacySources.glusterfs],
  ['flocker', legacySources.flocker],
  ['persistentVolumeClaim', ({ persistentVolumeClaim }, path) => requiredChecked(persistentVolumeClaim?.claimName, child(path, 'claimName'))],
  ['rbd', legacySources.rbd],
  ['cinder', legacySources.cinder],
  ['cephfs', legacySources.cephfs, 'cephFS'],
  ['quobyte', legacySources.quobyte],
  ['downwardAPI', ({ downwardAPI }, path) => validateDownward(downwardAPI, path), 'downwarAPI'],
  ['fc', legacySources.fc],
  ['flexVolume', legacySources.flexVolume],
  ['configMap', ({ configMap }, path) => together(requiredChecked(configMap?.name, child(path, 'name')), validateFiles(configMap, path))],
  ['azureFile', legacySources.azureFile],
  ['vsphereVolume', legacySources.vsphereVolume],
  ['photonPersistentDisk', legacySources.photonPersistentDisk],
  ['portworxVolume', legacySources.portworxVolume],
  ['azureDisk', legacySources.azureDisk],
  ['storageos', legacySources.storageos],
  ['projected', ({ projected }, path) => validateProjected(projected, path)],
  ['scaleIO', legacySources.scaleIO],
  ['csi', validateCsi],
  ['ephemeral', ({ ephemeral }, path) => validateClaimTemplate(ephemeral?.volumeClaimTemplate, child(path, 'volumeClaimTemplate'))],
  ['image', ({ image }, path) => oneOf(image?.pullPolicy, child(path, 'pullPolicy'), ['Always', 'IfNotPresent', 'Never'], 'required')],
];

/** The volumes that can be mounted, by name: those that nothing is wrong with. */
export type KnownVolumes = ReadonlyMap<string, Volume>;

/** Volumes of a pod spec: named once, each with one source. `pod` is the metadata of a pod, and absent in templates. */
export function validateVolumes(spec: PodSpec, path: string, pod?: ObjectMeta): { readonly errors: FieldError[]; readonly known: KnownVolumes } {
  const errors: FieldError[] = [];
  const known = new Map<string, Volume>();
  const made = claimsMadeFor(spec, pod);
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    const here = at(path, i);
    const wrong = together(validateSource(volume, here, pod), requiredChecked(volume.name, child(here, 'name'), checkDns1123Label));
    if (known.has(volume.name)) wrong.push(duplicate(child(here, 'name'), volume.name));
    if (wrong.length === 0) known.set(volume.name, volume);
    else errors.push(...wrong);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && made.has(claim)) errors.push(invalidValue(child(here, 'persistentVolumeClaim.claimName'), claim, 'must not reference a PVC that gets created for an ephemeral volume'));
  }
  return { errors, known };
}

/** The names of the claims that are made for the pod's ephemeral volumes. */
function claimsMadeFor({ volumes = [] }: PodSpec, pod: ObjectMeta | undefined): ReadonlySet<string> {
  const name = pod?.name ?? '';
  return new Set(name === '' ? [] : volumes.filter((volume) => volume.ephemeral !== undefined).map((volume) => `${name}-${volume.name}`));
}

function validateSource(volume: Volume, path: string, pod: ObjectMeta | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let first: Source | undefined;
  for (const [source, rule, refusedAs = source] of sources) {
    if (volume[source] === undefined) continue;
    if (first !== undefined) errors.push(forbidden(child(path, refusedAs), 'may not specify more than 1 volume type'));
    else errors.push(...rule(volume, child(path, source)));
    first ??= source;
  }
  if (first === undefined) errors.push(required(path, 'must specify a volume type'));
  return pod === undefined ? errors : together(errors, validateOfPod(volume, first, pod.name ?? '', path));
}

/** What only a pod has to say: a template may still be filled in. */
function validateOfPod({ name, image }: Volume, source: Source | undefined, podName: string, path: string): FieldError[] {
  if (source === 'image') return requiredChecked(image?.reference, child(path, 'image.reference'));
  if (source !== 'ephemeral' || podName === '' || (name ?? '') === '') return [];
  const made = `${podName}-${name}`;
  return checkDns1123Subdomain(made).map((e) => invalidValue(child(path, 'name'), name, `PVC name "${made}": ${e}`));
}

function validateCsi({ csi }: Volume, path: string): FieldError[] {
  const errors = validateCsiDriver(csi?.driver, child(path, 'driver'));
  const secret = csi?.nodePublishSecretRef;
  if (secret === undefined) return errors;
  if ((secret.name ?? '') === '') return [...errors, required(child(path, 'nodePublishSecretRef.name'))];
  // The path is upstream's own.
  return together(errors, invalidEach(checkDns1123Subdomain(secret.name ?? ''), child(path, 'name'), secret.name));
}

/** A claim that is made with the pod: it gets its name from the pod, so that of its metadata only labels and annotations are said. */
function validateClaimTemplate(template: PersistentVolumeClaimTemplate | undefined, path: string): FieldError[] {
  if (template === undefined) return [required(path)];
  const { labels, annotations, ...rest } = template.metadata ?? {};
  const here = child(path, 'metadata');
  return together(
    validateAnnotations(annotations, child(here, 'annotations')),
    validateLabels(labels, child(here, 'labels')),
    Object.entries(rest).filter(([, value]) => value !== undefined && value !== null && value !== '').map(([field]) => forbidden(child(here, field), 'cannot be set')),
    validateClaimSpec(template.spec, child(path, 'spec')),
  );
}
