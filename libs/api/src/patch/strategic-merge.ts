import type { SchemaNode } from '../schema/node.ts';
import { badPatch, patchDoesNotApply } from './patch-error.ts';
import { deletePrefix, orderPrefix, retainKeys, patchDirective, withoutDirectives } from './strategic-directives.ts';
import { deleteScalars, mergeList, orderList } from './strategic-list.ts';
import { deepCopy, getKey, hasKey, isJsonObject, setKey } from './values.ts';
import type { JsonObject } from './values.ts';

/**
 * The object after a strategic merge patch: like a merge patch, but lists merge by the keys and strategies of the schema
 * and `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` say what a plain patch cannot.
 * Fields that the schema does not know merge as objects and are replaced as lists.
 */
export function applyStrategicMerge(node: SchemaNode, current: JsonObject, patch: JsonObject): JsonObject {
  return mergeObject(node, deepCopy(current), deepCopy(patch));
}

/** Merges `patch` into `original`, both of which it owns. */
function mergeObject(node: SchemaNode | undefined, original: JsonObject, patch: JsonObject): JsonObject {
  const directive = getKey(patch, patchDirective);
  if (directive !== undefined) {
    delete patch[patchDirective];
    if (directive === 'replace') return withoutDirectives(patch);
    if (directive === 'delete') return {};
    if (directive !== 'merge') throw patchDoesNotApply(`unknown patch type: ${JSON.stringify(directive)} in map`);
  }
  applyRetainKeys(original, patch);
  applyElementOrder(node, original, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix)) deleteFromPrimitiveList(original, key.slice(deletePrefix.length), value);
    else if (value === null) delete original[key];
    else setKey(original, key, mergeValue(fieldOf(node, key), getKey(original, key), value));
  }
  return original;
}

function mergeValue(field: SchemaNode | undefined, original: unknown, value: unknown): unknown {
  if (isJsonObject(value) && isJsonObject(original)) {
    return strategies(field).includes('replace') ? withoutDirectives(value) : mergeObject(field, original, value);
  }
  if (Array.isArray(value) && Array.isArray(original) && strategies(field).includes('merge')) {
    return mergeList(original, value, field?.patchMergeKey, (element, change) => mergeObject(field?.items, element, change));
  }
  return withoutDirectives(value);
}

/** `$retainKeys`: what the list does not name goes. */
function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  if (!hasKey(patch, retainKeys)) return;
  const kept = patch[retainKeys];
  delete patch[retainKeys];
  if (!Array.isArray(kept)) throw badPatch('invalid patch format of $retainKeys');
  const names = new Set<unknown>(kept);
  for (const [key, value] of Object.entries(patch)) {
    const named = value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix) || names.has(key);
    if (!named) throw badPatch('invalid patch format of $retainKeys');
  }
  for (const key of Object.keys(original)) if (!names.has(key)) delete original[key];
}

/** `$setElementOrder/FIELD`: merges the field's list, then puts it into the given order. */
function applyElementOrder(node: SchemaNode | undefined, original: JsonObject, patch: JsonObject): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const order = patch[directive];
    delete patch[directive];
    const key = directive.slice(orderPrefix.length);
    const before = getKey(original, key);
    const change = getKey(patch, key);
    if (!Array.isArray(order) || !isAbsentOrList(before) || !isAbsentOrList(change)) throw badPatch('invalid patch format of setElementOrder list');
    if (!Array.isArray(before) && !Array.isArray(change)) continue;
    delete patch[key];
    const field = fieldOf(node, key);
    const merged = Array.isArray(change) ? mergeValue(field, before, change) : before;
    setKey(original, key, orderList(merged as unknown[], order, Array.isArray(before) ? before : [], Array.isArray(change) ? change : [], field?.patchMergeKey));
  }
}

function deleteFromPrimitiveList(original: JsonObject, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw badPatch('invalid patch format of primitive list');
  const list = getKey(original, key);
  if (Array.isArray(list)) setKey(original, key, deleteScalars(list, values));
}

/** The node of a key: a known field, or the values of a map. */
function fieldOf(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  return node?.properties?.get(key) ?? node?.additionalProperties;
}

function strategies(field: SchemaNode | undefined): readonly string[] {
  return field?.patchStrategy ?? [];
}

function isAbsentOrList(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value);
}
