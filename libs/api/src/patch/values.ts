import { patchTooLarge } from './patch-error.ts';

/** An object of JSON. Keys come from clients: they are only read with `hasKey` and written with `setKey`. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function hasKey(object: JsonObject, key: string): boolean {
  return Object.hasOwn(object, key);
}

/** The own value of a key, never an inherited one. */
export function getKey(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property whatever the key's name is, `__proto__` too. */
export function setKey(object: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

/** A copy that shares nothing with the original. */
export function deepCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(deepCopyOf) as T;
  const copy: JsonObject = {};
  for (const key in value) {
    const member = (value as JsonObject)[key];
    setKey(copy, key, typeof member === 'object' ? deepCopy(member) : member);
  }
  return copy as T;
}

const deepCopyOf = (item: unknown): unknown => deepCopy(item);

/** Equality of JSON values; the order of keys does not count. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b);
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  let count = 0;
  for (const key in a) {
    if (!hasKey(b, key) || !deepEqual(a[key], b[key])) return false;
    count++;
  }
  for (const _key in b) count--;
  return count === 0;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!deepEqual(a[index], b[index])) return false;
  return true;
}

/** Deepest nesting that a patch may leave. */
export const depthMax = 256;

/**
 * About how many bytes the value is as JSON; counting ends once it is beyond `enough`.
 * Throws RequestEntityTooLarge for values nested deeper than `depthMax`.
 */
export function jsonSize(value: unknown, enough: number, depth = 0): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  if (depth >= depthMax) throw patchTooLarge(`the patch leaves values nested deeper than ${depthMax}`);
  let size = 2;
  for (const [key, item] of Object.entries(value)) {
    if (size > enough) break;
    size += key.length + 4 + jsonSize(item, enough - size, depth + 1);
  }
  return size;
}
