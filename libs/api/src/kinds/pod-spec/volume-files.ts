import type { DownwardAPIVolumeFile, KeyToPath } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, invalidValue, ofEach, required, together } from '../../validation/field-error.ts';
import { each, requiredChecked } from '../../validation/values.ts';
import { validateFieldRef, validateResourceFieldRef } from './env.ts';
import { fileMode, nonReservedPath } from './paths.ts';

/* Files that volumes are made of: keys of maps, and what a pod knows about itself. */

const downwardFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

interface Files<T> {
  readonly items?: readonly T[];
  readonly defaultMode?: number;
}

/** Keys of a ConfigMap or Secret as files. */
export function validateFiles(source: Files<KeyToPath> | undefined, path: string): FieldError[] {
  return together(fileMode(source?.defaultMode, child(path, 'defaultMode')), each(source?.items, child(path, 'items'), validateItem));
}

/** One key as a file. */
export function validateItem(item: KeyToPath, path: string): FieldError[] {
  return together(
    requiredChecked(item.key, child(path, 'key')),
    requiredChecked(item.path, child(path, 'path')),
    nonReservedPath(item.path ?? '', child(path, 'path')),
    fileMode(item.mode, child(path, 'mode')),
  );
}

/** Errors of the files have the path of the volume: upstream's have no index. */
export function validateDownward(source: Files<DownwardAPIVolumeFile> | undefined, path: string): FieldError[] {
  return together(fileMode(source?.defaultMode, child(path, 'defaultMode')), ofEach(source?.items, (file) => validateDownwardFile(file, path)));
}

/** One fact about the pod as a file. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  const errors = together(requiredChecked(file.path, child(path, 'path')), nonReservedPath(file.path ?? '', child(path, 'path')));
  const { fieldRef, resourceFieldRef } = file;
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, downwardFields, child(path, 'fieldRef')));
    if (resourceFieldRef !== undefined) errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (resourceFieldRef !== undefined) errors.push(...validateResourceFieldRef(resourceFieldRef, child(path, 'resourceFieldRef'), 'of a container'));
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return together(errors, fileMode(file.mode, child(path, 'mode')));
}

/** Paths that come again in what was looked at before: `source` names what has them. */
export function takenPath(taken: Set<string>, file: string | undefined, path: string, source = file): FieldError[] {
  if (file === undefined || file === '' || !taken.has(file)) {
    if (file !== undefined) taken.add(file);
    return [];
  }
  return [invalidValue(path, source, 'conflicting duplicate paths')];
}

