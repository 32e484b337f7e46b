import type { PersistentVolume, PersistentVolumeClaim, Service } from '../../gen/types/core-v1.ts';
import type { Ingress } from '../../gen/types/networking-v1.ts';

/* Warnings about single kinds, in upstream's words. */

export function serviceWarnings({ spec }: Service): string[] {
  const isName = spec.type === 'ExternalName';
  return [
    ...(spec.clusterIP === 'None' && spec.sessionAffinity === 'ClientIP' ? ['spec.SessionAffinity is ignored for headless services'] : []),
    ...(isName && (spec.externalIPs ?? []).length > 0 ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []),
    ...(!isName && (spec.externalName ?? '') !== '' ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []),
  ];
}

export function ingressWarnings({ metadata }: Ingress): string[] {
  const old = metadata.annotations?.['kubernetes.io/ingress.class'];
  return old === undefined ? [] : [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`];
}

export function claimWarnings({ metadata }: PersistentVolumeClaim): string[] {
  return betaClassWarnings(metadata.annotations);
}

export function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const recycle = 'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
  return [...betaClassWarnings(metadata.annotations), ...(spec.persistentVolumeReclaimPolicy === 'Recycle' ? [recycle] : [])];
}

function betaClassWarnings(annotations: Readonly<Record<string, string>> | undefined): string[] {
  const name = 'volume.beta.kubernetes.io/storage-class';
  return annotations?.[name] === undefined ? [] : [`metadata.annotations[${name}]: deprecated since v1.8; use "storageClassName" attribute instead`];
}
