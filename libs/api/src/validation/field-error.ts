import type { FieldError } from '../status.ts';
import { boundedJson } from './bounded-json.ts';

/*
 * Makers of field errors in the words of apimachinery (validation/field). A path is a string, `spec.ports[0].name`;
 * `child`, `at` and `key` extend it.
 */

/** `path.name`; a path that is empty yields the name. */
export function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** `path[index]` or `path[key]`. */
export function at(path: string, index: number | string): string {
  return `${path}[${index}]`;
}

export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: withDetail('Required value', detail) };
}

export function invalidValue(field: string, value: unknown, detail = ''): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${shown(value)}`, detail) };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((s) => JSON.stringify(s)).join(', ');
  const detail = supported.length === 0 ? '' : `supported values: ${list}`;
  return { type: 'FieldValueNotSupported', field, message: withDetail(`Unsupported value: ${shown(value)}`, detail) };
}

export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) };
}

export function duplicate(field: string, value: unknown, detail = ''): FieldError {
  return { type: 'FieldValueDuplicate', field, message: withDetail(`Duplicate value: ${shown(value)}`, detail) };
}

export function tooLong(field: string, bytesMax: number): FieldError {
  return { type: 'FieldValueTooLong', field, message: `Too long: may not be more than ${bytesMax} bytes` };
}

export function tooMany(field: string, actual: number, max: number): FieldError {
  return { type: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}` };
}

export function fieldNotFound(field: string, value: unknown, detail = ''): FieldError {
  return { type: 'FieldValueNotFound', field, message: withDetail(`Not found: ${shown(value)}`, detail) };
}

/** The path of an error about the object as a whole: what upstream's empty path reads as. */
export const wholeObject = '[]';

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

/** Longest text of a value in an error: values come from clients, and one may be complained of thousands of times. */
const shownMax = 1024;

function shown(value: unknown): string {
  return value === undefined ? 'null' : boundedJson(value, shownMax);
}
