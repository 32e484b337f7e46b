import type { FieldError } from '../../status.ts';
import { invalidValue, together } from '../../validation/field-error.ts';

/** A path that leads down: relative, without `..`. */
export function relativePath(path: string, field: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : [];
  return together(errors, noBackSteps(path, field));
}

/** A path without an element `..`. */
export function noBackSteps(path: string, field: string): FieldError[] {
  return path.includes('..') && path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];
}

/** A relative path that does not begin with two dots either: those are the kubelet's. */
export function nonReservedPath(path: string, field: string): FieldError[] {
  const errors = relativePath(path, field);
  return path.startsWith('..') && !path.split('/').includes('..') ? [...errors, invalidValue(field, path, "must not start with '..'")] : errors;
}

/** Permissions of a file. */
export function fileMode(mode: number | undefined, field: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}
