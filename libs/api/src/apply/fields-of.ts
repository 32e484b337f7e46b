import type { SchemaNode } from '../schema/node.ts';
import { emptySet, itself, leaf, type FieldSet, type FieldSetDraft } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import type { ConcreteRule } from './value.ts';
import { byElement, isMembers, itemsOf, ruleFor } from './value.ts';
import { anyNode } from './rule.ts';

/**
 * The fields that a configuration names: its scalars, atomic maps and lists, empty maps and nulls, keys of maps and items of lists.
 * A struct that is not empty is not in it, only what it holds.
 */
export function fieldsOf(schema: SchemaNode, object: unknown): FieldSet {
  return inside(schema, object, false, false) ?? emptySet;
}

/** A value that came or went as a whole: itself, and everything that is in it. As inner node. */
export function wholeOf(schema: SchemaNode, value: unknown): FieldSet {
  return inside(schema, value, true, true) ?? leaf;
}

/** `self`: whether the node is in the set whatever it holds; `all`: whether structs are too. */
function inside(schema: SchemaNode, value: unknown, self: boolean, all: boolean): FieldSet | undefined {
  const rule = ruleFor(schema, value);
  if (rule.op === 'scalar' || rule.op === 'atomic' || value === null) return leaf;
  return rule.op === 'map' ? membersInside(rule, value, self, all) : itemsInside(rule, value, self, all);
}

function membersInside(rule: Extract<ConcreteRule, { op: 'map' }>, value: unknown, self: boolean, all: boolean): FieldSet | undefined {
  if (!isMembers(value)) return leaf;
  const out: FieldSetDraft = self ? { [itself]: leaf } : {};
  let members = 0;
  for (const name of Object.keys(value)) {
    if (value[name] === undefined) continue;
    members++;
    const field = rule.fields.get(name);
    const inner = inside(field?.node ?? rule.each ?? anyNode, value[name], all || field === undefined, all);
    if (inner !== undefined) out[field?.element ?? fieldElement(name)] = inner;
  }
  if (members === 0) return leaf;
  return finished(out, self);
}

function itemsInside(rule: Extract<ConcreteRule, { op: 'items' | 'set' }>, value: unknown, self: boolean, all: boolean): FieldSet | undefined {
  const out: FieldSetDraft = self ? { [itself]: leaf } : {};
  for (const [element, [item, ...more]] of byElement(rule, itemsOf(value))) {
    out[element] = more.length > 0 || rule.op === 'set' ? leaf : (inside(rule.items, item, true, all) ?? leaf);
  }
  return finished(out, self);
}

/** A node without members but itself is a leaf; one without anything is none. */
function finished(out: FieldSetDraft, self: boolean): FieldSet | undefined {
  for (const key in out) if (key !== itself) return out;
  return self ? leaf : undefined;
}
