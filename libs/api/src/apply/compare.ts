import { deepEqual } from '../patch/values.ts';
import type { SchemaNode } from '../schema/node.ts';
import { emptySet, isEmpty, leaf, union, type FieldSet, type FieldSetDraft } from './field-set.ts';
import { wholeOf } from './fields-of.ts';
import { fieldElement } from './path-element.ts';
import { anyNode } from './rule.ts';
import { byElement, itemsOf, membersOf, ruleFor, type ConcreteRule } from './value.ts';

/** What is different in a second object from a first one. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Of one value: the sets as inner nodes, absent where there is nothing. */
interface Change {
  added?: FieldSet;
  modified?: FieldSet;
  removed?: FieldSet;
}

const sides = ['added', 'modified', 'removed'] as const;
const modifiedLeaf: Change = { modified: leaf };

/**
 * Compares two objects of a schema. Lists with keys and sets are compared item by item, their order does not count. Members of the
 * root named in `skip` are left out.
 */
export function compare(schema: SchemaNode, before: object, after: object, skip: (name: string) => boolean = never): Comparison {
  const rule = ruleFor(schema, after);
  const change = rule.op === 'map' ? compareMembers(rule, before, after, skip) : compareValues(schema, before, after);
  return { added: change?.added ?? emptySet, modified: change?.modified ?? emptySet, removed: change?.removed ?? emptySet };
}

export function isSame(comparison: Comparison): boolean {
  return sides.every((side) => isEmpty(comparison[side]));
}

/** What a writer took: everything that it gave a new value. */
export function taken(comparison: Comparison): FieldSet {
  return union(comparison.added, comparison.modified);
}

function never(): boolean {
  return false;
}

function compareValues(schema: SchemaNode, before: unknown, after: unknown): Change | undefined {
  if (before === after) return undefined;
  if (before === undefined) return { added: wholeOf(schema, after) };
  if (after === undefined) return { removed: wholeOf(schema, before) };
  const rule = ruleFor(schema, after);
  const was = ruleFor(schema, before);
  if (rule.op !== was.op && before !== null && after !== null) return { removed: wholeOf(schema, before), added: wholeOf(schema, after), modified: leaf };
  switch (before !== null || rule.op === was.op ? was.op : rule.op) {
    case 'scalar':
    case 'atomic':
      return deepEqual(before, after) ? undefined : modifiedLeaf;
    case 'map':
      return compareMembers((rule.op === 'map' ? rule : was) as MapRule, before, after, never);
    default:
      return compareItems((rule.op === 'items' || rule.op === 'set' ? rule : was) as ListRule, before, after);
  }
}

type MapRule = Extract<ConcreteRule, { op: 'map' }>;
type ListRule = Extract<ConcreteRule, { op: 'items' | 'set' }>;

function compareMembers(rule: MapRule, before: unknown, after: unknown, skip: (name: string) => boolean): Change | undefined {
  const left = membersOf(before);
  const right = membersOf(after);
  let out: Change | undefined;
  const visit = (name: string, from: unknown, to: unknown): void => {
    if (from === to || skip(name)) return;
    const field = rule.fields.get(name);
    const change = compareValues(field?.node ?? rule.each ?? anyNode, from, to);
    if (change !== undefined) out = withChange(out, field?.element ?? fieldElement(name), change);
  };
  for (const name in right) visit(name, Object.hasOwn(left, name) ? left[name] : undefined, right[name]);
  for (const name in left) if (!Object.hasOwn(right, name)) visit(name, left[name], undefined);
  return out;
}

function compareItems(rule: ListRule, before: unknown, after: unknown): Change | undefined {
  const left = itemsOf(before);
  const right = itemsOf(after);
  if (deepEqual(left, right)) return undefined;
  const from = byElement(rule, left);
  const to = byElement(rule, right);
  let out: Change | undefined;
  for (const element of new Set([...from.keys(), ...to.keys()])) {
    const change = compareItem(rule, from.get(element) ?? [], to.get(element) ?? []);
    if (change !== undefined) out = withChange(out, element, change);
  }
  return out;
}

/** Duplicates of one element count as one value. */
function compareItem(rule: ListRule, from: readonly unknown[], to: readonly unknown[]): Change | undefined {
  const schema = rule.op === 'set' ? anyNode : rule.items;
  if (from.length <= 1 && to.length <= 1) return compareValues(schema, from[0], to[0]);
  if (from.length > 1 && to.length > 1) return deepEqual(from, to) ? undefined : modifiedLeaf;
  if (from.length > 1) return { removed: leaf, ...(to.length === 0 ? {} : { added: wholeOf(schema, to[0]) }) };
  return { added: leaf, ...(from.length === 0 ? {} : { removed: wholeOf(schema, from[0]) }) };
}

function withChange(out: Change | undefined, element: string, change: Change): Change {
  const into = out ?? {};
  for (const side of sides) {
    const inner = change[side];
    if (inner === undefined) continue;
    const members = (into[side] ?? (into[side] = {})) as FieldSetDraft;
    members[element] = inner;
  }
  return into;
}
