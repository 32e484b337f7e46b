import type { SchemaNode } from '../schema/node.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { badPatch, patchDoesNotApply } from './patch-error.ts';
import { applyStrategicMerge } from './strategic-merge.ts';
import { deepCopy, isJsonObject } from './values.ts';
import type { JsonObject } from './values.ts';

/** The kinds of patch; server-side apply is not one of them, it has its own rules. */
export type PatchType = 'json' | 'merge' | 'strategic';

const contentTypes: ReadonlyMap<string, PatchType> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
]);

/** The kind of patch of a content type (parameters are ignored); `undefined` for others. */
export function patchTypeOf(contentType: string): PatchType | undefined {
  return contentTypes.get((contentType.split(';')[0] ?? '').trim().toLowerCase());
}

/**
 * The object after the patch, as a new value that shares nothing with `current` or `patch`; it still has to be decoded
 * under its schema. `node` drives strategic merges. Throws `ApiError`: BadRequest, Invalid, RequestEntityTooLarge.
 */
export function applyPatch(type: PatchType, node: SchemaNode, current: object, patch: unknown): JsonObject {
  const result = type === 'json' ? applyJsonPatch(current, patch) : applyObjectPatch(type, node, current, patch);
  if (!isJsonObject(result)) throw patchDoesNotApply('the patch does not leave an object');
  return result;
}

function applyObjectPatch(type: 'merge' | 'strategic', node: SchemaNode, current: object, patch: unknown): unknown {
  if (!isJsonObject(patch)) throw badPatch('the patch is not a JSON object');
  return type === 'merge' ? applyMergePatch(deepCopy(current), patch) : applyStrategicMerge(node, current as JsonObject, patch);
}
