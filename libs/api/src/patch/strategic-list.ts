import { badPatch, patchDoesNotApply } from './patch-error.ts';
import { patchDirective, withoutDirectives } from './strategic-directives.ts';
import { getKey, isJsonObject } from './values.ts';
import type { JsonObject } from './values.ts';

/** Merges a change into an element that the list has. */
export type MergeElement = (original: JsonObject, change: JsonObject) => JsonObject;

/** Merges a list whose strategy is `merge`: scalars as a set, objects by their merge key. */
export function mergeList(original: unknown[], patch: unknown[], mergeKey: string | undefined, merge: MergeElement): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  const elements = [...original, ...patch];
  if (elements.every((element) => !isJsonObject(element))) {
    if (elements.some((element) => Array.isArray(element))) throw patchDoesNotApply('lists of lists are not supported');
    return orderMerged([...new Set(elements)], patch, original, undefined);
  }
  if (!elements.every(isJsonObject)) throw patchDoesNotApply('list element types are not identical');
  if (mergeKey === undefined) throw patchDoesNotApply('cannot merge lists without merge key');
  const { kept, changes, replaced } = applyElementDirectives(original as JsonObject[], patch as JsonObject[], mergeKey);
  if (replaced) return kept;
  return orderMerged(mergeElements(kept, changes, mergeKey, merge), changes, kept, mergeKey);
}

/** The list without the given scalars. */
export function deleteScalars(list: readonly unknown[], values: readonly unknown[]): unknown[] {
  const gone = new Set(values);
  return list.filter((element) => !gone.has(element));
}

/**
 * A merged list in the order of `$setElementOrder`: what `order` does not name was the server's only, and stays where it was
 * relative to its neighbours. Elements of the patch must be named in the same order.
 */
export function orderList(merged: readonly unknown[], order: readonly unknown[], original: readonly unknown[], patch: readonly unknown[], mergeKey: string | undefined): unknown[] {
  checkOrder(patch, order, mergeKey);
  return orderMerged(merged, order, original, mergeKey);
}

/** Applies `$patch` of elements: what is left of the list, and the changes that are to be merged into it. */
function applyElementDirectives(original: JsonObject[], patch: JsonObject[], mergeKey: string): { kept: JsonObject[]; changes: JsonObject[]; replaced: boolean } {
  const changes: JsonObject[] = [];
  const deleted = new Set<unknown>();
  let replaced = false;
  for (const element of patch) {
    const directive = getKey(element, patchDirective);
    if (directive === undefined) changes.push(element);
    else if (directive === 'replace') replaced = true;
    else if (directive === 'delete') {
      const id = getKey(element, mergeKey);
      if (id === undefined) throw patchDoesNotApply('delete patch type with no merge key defined');
      deleted.add(id);
    } else if (directive === 'merge') throw patchDoesNotApply('merging lists cannot yet be specified in the patch');
    else throw patchDoesNotApply(`unknown patch type: ${JSON.stringify(directive)} in map`);
  }
  if (replaced) return { kept: withoutDirectives(changes), changes: [], replaced };
  return { kept: original.filter((element) => !deleted.has(getKey(element, mergeKey))), changes, replaced };
}

function mergeElements(original: readonly JsonObject[], changes: readonly JsonObject[], mergeKey: string, merge: MergeElement): JsonObject[] {
  const merged = [...original];
  const positions = new Map<unknown, number>();
  merged.forEach((element, i) => positions.has(getKey(element, mergeKey)) || positions.set(getKey(element, mergeKey), i));
  for (const change of changes) {
    const id = getKey(change, mergeKey);
    if (id === undefined || id === null) throw patchDoesNotApply(`map does not contain declared merge key: ${mergeKey}`);
    const position = positions.get(id);
    const found = position === undefined ? undefined : merged[position];
    if (position === undefined || found === undefined) {
      positions.set(id, merged.length);
      merged.push(withoutDirectives(change));
    } else merged[position] = merge(found, change);
  }
  return merged;
}

/**
 * Elements that `order` names come in its order, the others in that of `original`; the two are woven so that an element
 * stays before those it was before, and new ones come as early as they can (upstream's mergeSortedSlice).
 */
function orderMerged(merged: readonly unknown[], order: readonly unknown[], original: readonly unknown[], mergeKey: string | undefined): unknown[] {
  const rank = ranks(order, mergeKey);
  const place = ranks(original, mergeKey);
  const id = (element: unknown): unknown => idOf(element, mergeKey);
  const named = merged.filter((e) => rank.has(id(e))).sort((a, b) => (rank.get(id(a)) ?? 0) - (rank.get(id(b)) ?? 0));
  const others = merged.filter((e) => !rank.has(id(e))).sort((a, b) => (place.get(id(a)) ?? 0) - (place.get(id(b)) ?? 0));
  const result: unknown[] = [];
  let i = 0;
  for (const element of named) {
    const to = place.get(id(element));
    while (to !== undefined && i < others.length && (place.get(id(others[i])) ?? Infinity) < to) result.push(others[i++]);
    result.push(element);
  }
  return [...result, ...others.slice(i)];
}

/** Elements of the patch must appear in `$setElementOrder`, and in the same order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  let next = 0;
  for (const element of patch) {
    if (isJsonObject(element) && getKey(element, patchDirective) !== undefined) continue;
    while (next < order.length && idOf(order[next], mergeKey) !== idOf(element, mergeKey)) next++;
    if (next >= order.length) throw badPatch(`The order in patch list doesn't match $setElementOrder list: ${JSON.stringify(order)}`);
    next++;
  }
}

function ranks(list: readonly unknown[], mergeKey: string | undefined): Map<unknown, number> {
  const found = new Map<unknown, number>();
  list.forEach((element, i) => {
    const id = idOf(element, mergeKey);
    if (!found.has(id)) found.set(id, i);
  });
  return found;
}

function idOf(element: unknown, mergeKey: string | undefined): unknown {
  return mergeKey !== undefined && isJsonObject(element) ? getKey(element, mergeKey) : element;
}
