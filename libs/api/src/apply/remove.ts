import { setOwn } from '../schema/own.ts';
import type { SchemaNode } from '../schema/node.ts';
import { hasItself, isEmpty, leaf, node, type FieldSet, type FieldSetDraft } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import { anyNode, memberNode, ruleOf } from './rule.ts';
import { itemElement, isMembers, ruleFor } from './value.ts';

/** The object without the fields of a set. What is left untouched is shared with `object`, which is not changed. */
export function removeFields(schema: SchemaNode, object: object, set: FieldSet): Record<string, unknown> {
  return (isEmpty(set) ? object : (without(schema, object, set) ?? {})) as Record<string, unknown>;
}

/** `undefined` when nothing is left of a value. `set` has members. */
function without(schema: SchemaNode, value: unknown, set: FieldSet): unknown {
  const rule = ruleFor(schema, value);
  if (rule.op === 'map' && isMembers(value)) {
    const out: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const left = remaining(memberNode(rule, name) ?? anyNode, value[name], set[fieldElement(name)]);
      if (left !== undefined) setOwn(out, name, left);
    }
    return isEmpty(out as FieldSet) ? undefined : out;
  }
  if ((rule.op === 'items' || rule.op === 'set') && Array.isArray(value)) {
    const schemaOfItems = rule.op === 'set' ? anyNode : rule.items;
    const out = value.map((item: unknown) => remaining(schemaOfItems, item, set[itemElement(rule, item) ?? 'i:'])).filter((item) => item !== undefined);
    return out.length === 0 ? undefined : out;
  }
  // An older schema saw into what is now owned as a whole.
  return rule.op === 'atomic' ? undefined : value;
}

function remaining(schema: SchemaNode, value: unknown, set: FieldSet | undefined): unknown {
  if (set === undefined) return value;
  return hasItself(set) ? undefined : without(schema, value, set);
}

/**
 * The set with every struct that holds one of its fields in it as well: a set does not name these, yet they are there for what it
 * names. Maps and lists are not added.
 */
export function withNamedFields(schema: SchemaNode, set: FieldSet): FieldSet {
  const rule = ruleOf(schema);
  const out: FieldSetDraft = {};
  for (const key in set) {
    const inner = set[key] ?? leaf;
    const name = key.slice(2);
    const field = key.startsWith('f:') && (rule.op === 'map' || rule.op === 'atomic') ? rule.fields.get(name) : undefined;
    const below = field?.node ?? (rule.op === 'items' ? rule.items : rule.op === 'map' ? rule.each : undefined) ?? anyNode;
    out[key] = isEmpty(inner) ? inner : (node(field !== undefined || hasItself(inner), withNamedFields(below, inner)) ?? leaf);
  }
  return out;
}
