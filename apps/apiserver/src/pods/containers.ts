import type { Container, PodSpec } from '@rhythm/api/types/core-v1';
import { volumeSecrets, type SecretSources } from './volume-secrets.ts';

export type ContainerRole = 'container' | 'initContainer' | 'ephemeralContainer';

/**
 * The one way to look at the containers of a pod: containers, init containers and ephemeral containers alike, so that no
 * policy forgets a kind (CVE-2023-2727, CVE-2023-2728, CVE-2024-3177).
 */
export function* containersOf(spec: PodSpec): Generator<{ readonly role: ContainerRole; readonly container: Container }> {
  for (const container of spec.initContainers ?? []) yield { role: 'initContainer', container };
  for (const container of spec.containers ?? []) yield { role: 'container', container };
  for (const container of spec.ephemeralContainers ?? []) yield { role: 'ephemeralContainer', container: container as Container };
}

/** Secrets, config maps and volume claims that a pod refers to anywhere: environment, envFrom, volumes of whatever kind, image pull secrets. */
export function* referencesOf(spec: PodSpec): Generator<{ readonly kind: 'secret' | 'configmap' | 'persistentvolumeclaim'; readonly name: string }> {
  for (const { container } of containersOf(spec)) {
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.secretKeyRef) yield { kind: 'secret', name: valueFrom.secretKeyRef.name ?? '' };
      if (valueFrom?.configMapKeyRef) yield { kind: 'configmap', name: valueFrom.configMapKeyRef.name ?? '' };
    }
    for (const { secretRef, configMapRef } of container.envFrom ?? []) {
      if (secretRef) yield { kind: 'secret', name: secretRef.name ?? '' };
      if (configMapRef) yield { kind: 'configmap', name: configMapRef.name ?? '' };
    }
  }
  for (const { name } of spec.imagePullSecrets ?? []) yield { kind: 'secret', name: name ?? '' };
  for (const volume of spec.volumes ?? []) {
    if (volume.secret) yield { kind: 'secret', name: volume.secret.secretName ?? '' };
    if (volume.configMap) yield { kind: 'configmap', name: volume.configMap.name ?? '' };
    if (volume.persistentVolumeClaim) yield { kind: 'persistentvolumeclaim', name: volume.persistentVolumeClaim.claimName };
    for (const name of volumeSecrets(volume as unknown as SecretSources)) yield { kind: 'secret', name };
    for (const source of volume.projected?.sources ?? []) {
      if (source.secret) yield { kind: 'secret', name: source.secret.name ?? '' };
      if (source.configMap) yield { kind: 'configmap', name: source.configMap.name ?? '' };
    }
  }
}
