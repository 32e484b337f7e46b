import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret, ServiceAccountTokenProjection, Volume } from '@rhythm/api/types/core-v1';
import { fieldValue, resourceValue, type DownwardContext } from '../spec/downward.ts';
import type { References } from '../spec/env.ts';
import type { VolumeFile } from './atomic-writer.ts';

/** A volume cannot be set up as things are; tried again later. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

export interface PayloadContext {
  readonly pod: Pod;
  readonly references: References;
  readonly downward: DownwardContext;
  /** A token of the pod's service account for an audience. */
  token(request: ServiceAccountTokenProjection): Promise<string>;
}

const modeDefault = 0o644;

/** Kinds of volume whose files are written by the kubelet. */
export const isWritten = (volume: Volume): boolean =>
  volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined || volume.projected !== undefined;

/** Kinds whose content must not reach a disk. */
export const isConfidential = (volume: Volume): boolean => volume.secret !== undefined || volume.projected !== undefined;

/** The files of a configMap, secret, downwardAPI or projected volume. @throws MountError naming what is missing. */
export async function volumeFiles(volume: Volume, context: PayloadContext): Promise<VolumeFile[]> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return configMapFiles(context, configMap, configMap.defaultMode ?? modeDefault);
  if (secret !== undefined) return secretFiles(context, { ...secret, ...(secret.secretName === undefined ? {} : { name: secret.secretName }) }, secret.defaultMode ?? modeDefault);
  if (downwardAPI !== undefined) return downwardFiles(context, downwardAPI.items ?? [], downwardAPI.defaultMode ?? modeDefault);
  if (projected !== undefined) return projectedFiles(context, projected, projected.defaultMode ?? modeDefault);
  throw new MountError(`volume "${volume.name}" has no files`);
}

async function projectedFiles(context: PayloadContext, projected: NonNullable<Volume['projected']>, mode: number): Promise<VolumeFile[]> {
  const files = new Map<string, VolumeFile>();
  for (const source of projected.sources ?? []) {
    let part: VolumeFile[];
    if (source.configMap !== undefined) part = configMapFiles(context, source.configMap, mode);
    else if (source.secret !== undefined) part = secretFiles(context, source.secret, mode);
    else if (source.downwardAPI !== undefined) part = downwardFiles(context, source.downwardAPI.items ?? [], mode);
    else if (source.serviceAccountToken !== undefined) part = [await tokenFile(context, source.serviceAccountToken, mode)];
    else throw new MountError('a projected source of this kind is not supported on this node');
    for (const file of part) files.set(file.path, file);
  }
  return [...files.values()];
}

/** Read only by the group of `fsGroup`, or by the one user all containers run as; otherwise like any file of the volume. */
async function tokenFile(context: PayloadContext, request: ServiceAccountTokenProjection, mode: number): Promise<VolumeFile> {
  const data = Buffer.from(await context.token(request));
  const { spec } = context.pod;
  if (spec.securityContext?.fsGroup !== undefined) return { path: request.path, data, mode: 0o600 };
  const users = new Set([...spec.containers, ...(spec.initContainers ?? [])].map((c) => c.securityContext?.runAsUser ?? spec.securityContext?.runAsUser));
  const [uid] = users;
  return users.size === 1 && uid !== undefined ? { path: request.path, data, mode: 0o600, uid } : { path: request.path, data, mode };
}

interface Selection {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function configMapFiles({ references }: PayloadContext, source: Selection, mode: number): VolumeFile[] {
  const name = source.name ?? '';
  const map = references.configMap(name);
  if (map === undefined) return absent(source, `configmap "${name}" not found`);
  return select(configMapData(map), source, mode, `configmap references non-existent config key`);
}

function secretFiles({ references }: PayloadContext, source: Selection, mode: number): VolumeFile[] {
  const name = source.name ?? '';
  const secret = references.secret(name);
  if (secret === undefined) return absent(source, `secret "${name}" not found`);
  return select(secretData(secret), source, mode, `references non-existent secret key`);
}

function absent(source: Selection, message: string): VolumeFile[] {
  if (source.optional === true) return [];
  throw new MountError(message);
}

function select(data: ReadonlyMap<string, Uint8Array>, source: Selection, mode: number, complaint: string): VolumeFile[] {
  if (source.items === undefined || source.items.length === 0) return [...data].map(([path, bytes]) => ({ path, data: bytes, mode }));
  return source.items.flatMap((item) => {
    const bytes = data.get(item.key);
    if (bytes === undefined) {
      if (source.optional === true) return [];
      throw new MountError(`${complaint}: ${item.key}`);
    }
    return [{ path: item.path, data: bytes, mode: item.mode ?? mode }];
  });
}

function downwardFiles({ pod, downward }: PayloadContext, items: readonly DownwardAPIVolumeFile[], mode: number): VolumeFile[] {
  return items.map((item) => ({ path: item.path, data: Buffer.from(downwardText(pod, item, downward)), mode: item.mode ?? mode }));
}

function downwardText(pod: Pod, item: DownwardAPIVolumeFile, downward: DownwardContext): string {
  if (item.fieldRef !== undefined) return fieldValue(pod, item.fieldRef.fieldPath, downward);
  const reference = item.resourceFieldRef;
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((c) => c.name === reference?.containerName);
  if (reference === undefined || container === undefined) throw new MountError(`container ${reference?.containerName ?? ''} of ${item.path} not found`);
  return resourceValue(container, reference, downward);
}

const configMapData = (map: ConfigMap): Map<string, Uint8Array> =>
  new Map([
    ...Object.entries(map.data ?? {}).map(([key, text]): [string, Uint8Array] => [key, Buffer.from(text)]),
    ...Object.entries(map.binaryData ?? {}).map(([key, base64]): [string, Uint8Array] => [key, Buffer.from(base64, 'base64')]),
  ]);

const secretData = (secret: Secret): Map<string, Uint8Array> =>
  new Map(Object.entries(secret.data ?? {}).map(([key, base64]): [string, Uint8Array] => [key, Buffer.from(base64, 'base64')]));
