import { isJsonObject, setKey } from './values.ts';
import type { JsonObject } from './values.ts';

export const patchDirective = '$patch';
export const retainKeys = '$retainKeys';
export const orderPrefix = '$setElementOrder/';
export const deletePrefix = '$deleteFromPrimitiveList/';

/**
 * A patch's value where the object has none to merge with: directives have nothing to act on and go, with list elements
 * that only ask for a deletion, and so do nulls.
 */
export function withoutDirectives<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.filter((item: unknown) => !isDeletion(item) && !isBareDirective(item)).map((item: unknown) => withoutDirectives(item)) as T;
  }
  if (!isJsonObject(value)) return value;
  const plain: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === null || isDirective(key)) continue;
    if (isDeletion(item)) continue;
    setKey(plain, key, withoutDirectives(item));
  }
  return plain as T;
}

function isDirective(key: string): boolean {
  return key === patchDirective || key === retainKeys || key.startsWith(orderPrefix) || key.startsWith(deletePrefix);
}

function isDeletion(item: unknown): boolean {
  return isJsonObject(item) && Object.hasOwn(item, patchDirective) && item[patchDirective] === 'delete';
}

/** `{$patch: replace}` alone: a directive for its list. */
function isBareDirective(item: unknown): boolean {
  return isJsonObject(item) && Object.hasOwn(item, patchDirective) && Object.keys(item).length === 1;
}
