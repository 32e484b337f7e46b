import { deepCopy, getKey, isJsonObject, setKey } from './values.ts';
import type { JsonObject } from './values.ts';

/** The document after a JSON merge patch (RFC 7386): objects merge, `null` removes, everything else replaces. */
export function applyMergePatch(current: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return deepCopy(patch);
  const merged: JsonObject = isJsonObject(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setKey(merged, key, applyMergePatch(getKey(merged, key), value));
  }
  return merged;
}
