import type { FieldError, SchemaNode } from '@rhythm/api';
import { deepEqual } from '../registry/deep-equal.ts';

/**
 * Of the errors of an updated object those that the update is to blame for: a part that is as it was stays valid when
 * the schema has become stricter since (KEP-4008). Elements of lists have a past only where keys tell them apart.
 */
export function ratcheted(errors: readonly FieldError[], schema: SchemaNode, object: unknown, old: unknown): FieldError[] {
  return errors.filter((error) => !isOldFault(error, schema, object, old));
}

type Members = Readonly<Record<string, unknown>>;

/** True when the part with the error, or one around it, is unchanged. What is missing is a fault of the part around it. */
function isOldFault(error: FieldError, schema: SchemaNode, object: unknown, old: unknown): boolean {
  const path = segmentsOf(error.field);
  const steps = error.type === 'FieldValueRequired' ? path.slice(0, -1) : path;
  let node: SchemaNode | undefined = schema;
  let now = object;
  let before = old;
  for (const step of steps) {
    if (before === undefined || node === undefined) return false;
    if (typeof step === 'number') {
      const item: unknown = Array.isArray(now) ? now[step] : undefined;
      if (deepEqual(now, before)) return true;
      if (node.listType !== 'map' || !Array.isArray(before)) return false;
      const keys: readonly string[] = node.listMapKeys ?? [];
      before = before.find((other: unknown) => keys.every((key) => deepEqual(memberOf(other, key), memberOf(item, key))));
      now = item;
      node = node.items;
    } else {
      now = memberOf(now, step);
      before = memberOf(before, step);
      node = node.properties?.get(step) ?? node.additionalProperties;
    }
  }
  return before !== undefined && deepEqual(now, before);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Members)[name] : undefined;
}

/** `spec.list[0].a` and `spec.map[key]` as steps. */
function segmentsOf(field: string): (string | number)[] {
  return [...field.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([text, inner]) => (inner === undefined ? text : /^\d+$/.test(inner) ? Number(inner) : inner));
}
