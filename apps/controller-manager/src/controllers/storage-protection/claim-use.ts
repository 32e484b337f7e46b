import type { PersistentVolumeClaim, Pod } from '@rhythm/api/types/core-v1';

/** The claims that a pod uses, by name: those it names, and those that were made for its ephemeral volumes. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${metadata.name ?? ''}-${name}`];
  });
}

/**
 * Whether a pod needs the claim to stay. One without a node does not: it will not get onto one while the claim is on its way out. A claim
 * that only has the name of an ephemeral volume's is not the pod's.
 */
export function isUsedBy(claim: PersistentVolumeClaim, pod: Pod): boolean {
  if ((pod.spec.nodeName ?? '') === '') return false;
  const name = claim.metadata.name ?? '';
  const isOwned = (claim.metadata.ownerReferences ?? []).some(({ uid }) => uid === pod.metadata.uid);
  return (pod.spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === name || (volume.ephemeral !== undefined && `${pod.metadata.name ?? ''}-${volume.name}` === name && isOwned));
}
