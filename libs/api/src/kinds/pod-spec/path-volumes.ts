import type { HostPathVolumeSource, NFSVolumeSource } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, invalidValue, notSupported, required } from '../../validation/field-error.ts';
import { noBackSteps } from './paths.ts';

/* Sources that are a path, of pods and of persistent volumes alike. */

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

export function hostPathSource(source: HostPathVolumeSource | undefined, path: string): FieldError[] {
  if ((source?.path ?? '') === '') return [required(child(path, 'path'))];
  const type = source?.type ?? '';
  const errors = noBackSteps(source?.path ?? '', child(path, 'path'));
  return hostPathTypes.includes(type) ? errors : [...errors, notSupported(child(path, 'type'), type, hostPathTypes)];
}

/** An empty path is also no absolute one, and both is said. */
export function nfsSource(source: NFSVolumeSource | undefined, path: string): FieldError[] {
  const errors = (['server', 'path'] as const).filter((field) => (source?.[field] ?? '') === '').map((field) => required(child(path, field)));
  const where = source?.path ?? '';
  return where.startsWith('/') ? errors : [...errors, invalidValue(child(path, 'path'), where, 'must be an absolute path')];
}

/** A directory of the node itself, of persistent volumes only. */
export function localSource(source: { readonly path?: string } | undefined, path: string): FieldError[] {
  const where = source?.path ?? '';
  return where === '' ? [required(child(path, 'path'))] : noBackSteps(where, child(path, 'path'));
}
