import type { Pod } from '@rhythm/api/types/core-v1';

export interface ReferencedNames {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

/** Every ConfigMap and Secret a pod refers to, in all kinds of containers, volumes and pull secrets: the one visitor for this. */
export function podReferences(pod: Pod): ReferencedNames {
  const configMaps = new Set<string | undefined>();
  const secrets = new Set<string | undefined>();
  const { spec } = pod;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const source of container.envFrom ?? []) {
      configMaps.add(source.configMapRef?.name);
      secrets.add(source.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      configMaps.add(valueFrom?.configMapKeyRef?.name);
      secrets.add(valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) {
    configMaps.add(volume.configMap?.name);
    secrets.add(volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      configMaps.add(source.configMap?.name);
      secrets.add(source.secret?.name);
    }
  }
  for (const { name } of spec.imagePullSecrets ?? []) secrets.add(name);
  const named = (names: Set<string | undefined>): Set<string> => new Set([...names].filter((name): name is string => name !== undefined && name !== ''));
  return { configMaps: named(configMaps), secrets: named(secrets) };
}
