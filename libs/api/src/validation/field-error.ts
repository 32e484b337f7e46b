import type { FieldError } from '../status.ts';
import { boundedJson } from './bounded-json.ts';

/*
 * Makers of field errors in the words of apimachinery (validation/field). A path is a string, `spec.ports[0].name`;
 * `child`, `at` and `key` extend it.
 */

/** Whether paths are told; while rules are only tried, nobody reads them. */
let tellsPaths = true;

/** `path.name`; a path that is empty yields the name. */
export function child(path: string, name: string): string {
  if (!tellsPaths) return '';
  return path === '' ? name : `${path}.${name}`;
}

/** `path[index]` or `path[key]`. */
export function at(path: string, index: number | string): string {
  return tellsPaths ? `${path}[${index}]` : '';
}

/**
 * What `rules` finds, which most often is nothing: it runs once without paths, whose text is a third of what validation costs, and a second time for them when
 * there is something to tell. `rules` must find the same each time, and must not look at the paths that `child` and `at` make.
 */
export function pathsWhenWrong<T>(rules: () => T[]): T[] {
  if (!tellsPaths) return rules();
  tellsPaths = false;
  try {
    const found = rules();
    if (found.length === 0) return found;
  } finally {
    tellsPaths = true;
  }
  return rules();
}

/** The items of all lists, in order. Most lists are empty, and then this costs far less than spreading them. */
export function together<T>(...lists: ReadonlyArray<readonly T[]>): T[] {
  const found: T[] = [];
  for (let list = 0; list < lists.length; list++) {
    const items = lists[list];
    if (items !== undefined && items.length > 0) for (const item of items) found.push(item);
  }
  return found;
}

/** What `rule` finds of each item; nothing of an absent list. */
export function ofEach<T, F>(items: readonly T[] | undefined, rule: (item: T, index: number) => readonly F[]): F[] {
  const found: F[] = [];
  if (items === undefined) return found;
  for (let index = 0; index < items.length; index++) {
    const some = rule(items[index] as T, index);
    if (some.length > 0) for (const one of some) found.push(one);
  }
  return found;
}

/** The messages of a syntax rule as errors of a field. */
export function invalidEach(messages: readonly string[], field: string, value: unknown): FieldError[] {
  return messages.length === 0 ? [] : messages.map((message) => invalidValue(field, value, message));
}

export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, message: withDetail('Required value', detail) };
}

export function invalidValue(field: string, value: unknown, detail = ''): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${shown(value)}`, detail) };
}

/** The same of a field whose value says nothing to the reader: it is left out. */
export function invalidField(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, message: withDetail('Invalid value', detail) };
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
