import { badPatch, patchDoesNotApply } from './patch-error.ts';
import { getKey, hasKey, isJsonObject, setKey } from './values.ts';
import type { JsonObject } from './values.ts';

type Container = JsonObject | unknown[];

/** The unescaped keys of a JSON pointer (RFC 6901); the empty pointer is the whole document. */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw badPatch(`JSON pointer ${JSON.stringify(pointer)} does not begin with '/'`);
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isJsonObject(value);
}

/** A JSON document that operations change in place. */
export class Document {
  root: unknown;

  constructor(root: unknown) {
    this.root = root;
  }

  /** The value at the pointer; `undefined` where there is none. */
  find(pointer: string): unknown {
    return parsePointer(pointer).reduce<unknown>((value, key) => childOf(value, key), this.root);
  }

  get(pointer: string, operation: string): unknown {
    const value = this.find(pointer);
    if (value === undefined) throw missing(operation, pointer);
    return value;
  }

  /** Sets a key, or inserts into a list (`-` appends). */
  add(pointer: string, value: unknown): void {
    const place = this.#place(pointer, 'add');
    if (place === undefined) this.root = value;
    else if (Array.isArray(place.container)) place.container.splice(insertIndex(place.container, place.key, pointer), 0, value);
    else setKey(place.container, place.key, value);
  }

  replace(pointer: string, value: unknown): void {
    const place = this.#place(pointer, 'replace');
    if (place === undefined) this.root = value;
    else if (Array.isArray(place.container)) place.container[existingIndex(place.container, place.key, 'replace', pointer)] = value;
    else {
      if (!hasKey(place.container, place.key)) throw missing('replace', pointer);
      setKey(place.container, place.key, value);
    }
  }

  /** Takes the value out and returns it. */
  remove(pointer: string, operation: string): unknown {
    const place = this.#place(pointer, operation);
    if (place === undefined) throw patchDoesNotApply(`${operation} operation does not apply: the whole document cannot be removed`);
    const { container, key } = place;
    if (Array.isArray(container)) return container.splice(existingIndex(container, key, operation, pointer), 1)[0];
    if (!hasKey(container, key)) throw missing(operation, pointer);
    const value = container[key];
    delete container[key];
    return value;
  }

  /** The container and key that the pointer names; `undefined` for the whole document. */
  #place(pointer: string, operation: string): { container: Container; key: string } | undefined {
    const keys = parsePointer(pointer);
    const key = keys.pop();
    if (key === undefined) return undefined;
    const container = keys.reduce<unknown>((value, step) => childOf(value, step), this.root);
    if (!isContainer(container)) throw patchDoesNotApply(`${operation} operation does not apply: doc is missing path: ${JSON.stringify(pointer)}: missing value`, pointer);
    return { container, key };
  }
}

function childOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const index = parseIndex(key, value.length);
    return index === undefined ? undefined : value[index];
  }
  return isJsonObject(value) ? getKey(value, key) : undefined;
}

function existingIndex(list: readonly unknown[], key: string, operation: string, pointer: string): number {
  const index = parseIndex(key, list.length);
  if (index === undefined || index >= list.length) {
    throw patchDoesNotApply(`${operation} operation does not apply: Unable to access invalid index: ${key}: invalid index referenced`, pointer);
  }
  return index;
}

function insertIndex(list: readonly unknown[], key: string, pointer: string): number {
  if (key === '-') return list.length;
  const index = parseIndex(key, list.length + 1);
  if (index === undefined || index > list.length) {
    throw patchDoesNotApply(`add operation does not apply: doc is missing path: ${JSON.stringify(pointer)}: Unable to access invalid index: ${key}: invalid index referenced`, pointer);
  }
  return index;
}

/** The index that a key of a list of this length means; negative ones count from the end. */
function parseIndex(key: string, length: number): number | undefined {
  if (!/^(0|-?[1-9]\d{0,8})$/.test(key)) return undefined;
  const index = Number(key);
  const resolved = index < 0 ? index + length : index;
  return resolved < 0 ? undefined : resolved;
}

function missing(operation: string, pointer: string): Error {
  return patchDoesNotApply(`${operation} operation does not apply: doc is missing key: ${pointer}: missing value`, pointer);
}
