import type { PersistentVolume, Pod } from '@rhythm/api/types/core-v1';
import { referencesOf } from '../../pods/containers.ts';
import type { SecretSources } from '../../pods/volume-secrets.ts';

/** What a node needs to see for one pod, by name; all in the pod's namespace. */
export interface PodReferences {
  readonly namespace: string;
  readonly name: string;
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  readonly volumeClaims: ReadonlySet<string>;
  readonly resourceClaims: ReadonlySet<string>;
  readonly serviceAccount: string;
}

const mirrorAnnotation = 'kubernetes.io/config.mirror';
const nothing: ReadonlySet<string> = new Set();

/** Mirror pods were made by a node itself: what they name gives it nothing. */
export function podReferences(pod: Pod): PodReferences {
  const { namespace = '', name = '', annotations } = pod.metadata;
  if (annotations?.[mirrorAnnotation] !== undefined) return { namespace, name, secrets: nothing, configMaps: nothing, volumeClaims: nothing, resourceClaims: nothing, serviceAccount: '' };
  const sets = { secret: new Set<string>(), configmap: new Set<string>(), persistentvolumeclaim: new Set<string>() };
  for (const reference of referencesOf(pod.spec)) sets[reference.kind].add(reference.name);
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.ephemeral) sets.persistentvolumeclaim.add(`${name}-${volume.name}`);
  }
  const claims = [...(pod.spec.resourceClaims ?? []).map((claim) => claim.resourceClaimName), ...(pod.status?.resourceClaimStatuses ?? []).map((claim) => claim.resourceClaimName)];
  return {
    namespace,
    name,
    secrets: sets.secret,
    configMaps: sets.configmap,
    volumeClaims: sets.persistentvolumeclaim,
    resourceClaims: new Set(claims.filter((claim) => claim !== undefined && claim !== '') as string[]),
    serviceAccount: pod.spec.serviceAccountName ?? '',
  };
}

/** Whether a node that mounts `volume` needs this Secret for it. Those that only controllers use are not for nodes. */
export function volumeNeedsSecret(volume: PersistentVolume, namespace: string, name: string): boolean {
  const claimNamespace = volume.spec.claimRef?.namespace ?? '';
  const spec = volume.spec as unknown as SecretSources;
  const refs = [spec.cephfs, spec.flexVolume, spec.iscsi, spec.rbd, spec.scaleIO, spec.storageos].map((source) => source?.secretRef);
  const csi = [spec.csi?.nodePublishSecretRef, spec.csi?.nodeStageSecretRef, spec.csi?.nodeExpandSecretRef];
  const azure = spec.azureFile === undefined ? undefined : { name: spec.azureFile.secretName ?? '', namespace: spec.azureFile.secretNamespace ?? '' };
  return [...refs, ...csi, azure].some((ref) => ref !== undefined && ref !== null && ref.name === name && ((ref.namespace ?? '') === '' ? claimNamespace : ref.namespace) === namespace);
}
