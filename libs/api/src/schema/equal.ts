import type { SchemaNode } from './node.ts';

/** What OpenAPI has no words for: Go's side of a field, its canonical form, and strategic merge. */
const extras: ReadonlySet<string> = new Set(['proto', 'scalar', 'patchStrategy', 'patchMergeKey']);

/** Whether two nodes say the same about an object, whatever they were compiled from. */
export function equalSchemas(a: SchemaNode, b: SchemaNode): boolean {
  return equalNodes(a, b, new Map());
}

/** `seen` holds pairs that are being compared: they are equal unless something else differs. */
function equalNodes(a: SchemaNode, b: SchemaNode, seen: Map<SchemaNode, Set<SchemaNode>>): boolean {
  if (a === b || seen.get(a)?.has(b) === true) return true;
  seen.set(a, (seen.get(a) ?? new Set()).add(b));
  const names = new Set([...Object.keys(a), ...Object.keys(b)].filter((name) => !extras.has(name))) as Set<keyof SchemaNode>;
  return [...names].every((name) => equalValues(a[name], b[name], seen));
}

function equalValues(a: unknown, b: unknown, seen: Map<SchemaNode, Set<SchemaNode>>): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
    return [...(a as Map<string, SchemaNode>)].every(([key, node]) => {
      const other = (b as Map<string, SchemaNode>).get(key);
      return other !== undefined && equalNodes(node, other, seen);
    });
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => equalValues(item, b[index], seen));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return equalNodes(a, b, seen);
}
