interface SecretRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly secretName?: string;
  readonly secretNamespace?: string | null;
}

/** The volume sources that name a Secret, of pods and of PersistentVolumes. */
export interface SecretSources {
  readonly azureFile?: SecretRef;
  readonly cephfs?: { readonly secretRef?: SecretRef };
  readonly flexVolume?: { readonly secretRef?: SecretRef };
  readonly iscsi?: { readonly secretRef?: SecretRef };
  readonly rbd?: { readonly secretRef?: SecretRef };
  readonly scaleIO?: { readonly secretRef?: SecretRef };
  readonly storageos?: { readonly secretRef?: SecretRef };
  readonly csi?: Readonly<Record<'nodePublishSecretRef' | 'nodeStageSecretRef' | 'nodeExpandSecretRef' | 'controllerExpandSecretRef' | 'controllerPublishSecretRef', SecretRef | undefined>>;
}

/** The names of the Secrets by which a pod's volume is mounted. */
export function volumeSecrets(sources: SecretSources): string[] {
  const refs = [sources.cephfs, sources.flexVolume, sources.iscsi, sources.rbd, sources.scaleIO, sources.storageos].map((source) => source?.secretRef?.name);
  return [...refs, sources.azureFile?.secretName, sources.csi?.nodePublishSecretRef?.name].filter((name) => name !== undefined && name !== '') as string[];
}
