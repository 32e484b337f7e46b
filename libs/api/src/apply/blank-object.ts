import { canonicalise } from '../schema/canonicalise.ts';
import type { SchemaNode } from '../schema/node.ts';

const blanks = new WeakMap<SchemaNode, object>();

/**
 * An object of a kind of which nobody has said anything yet: what Go always writes is there, so that nobody comes to own it by
 * creating one. Shared: not to be changed.
 */
export function blankObject(schema: SchemaNode): object {
  let blank = blanks.get(schema);
  if (blank === undefined) blanks.set(schema, (blank = canonicalise(schema, { metadata: {} })));
  return blank;
}
