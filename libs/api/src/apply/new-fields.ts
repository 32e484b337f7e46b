import { deepEqual } from '../patch/values.ts';
import type { SchemaNode } from '../schema/node.ts';
import { itself, leaf, trustOrder, type FieldSet, type FieldSetDraft } from './field-set.ts';
import { isNobodys } from './managed-fields.ts';
import { keyElement } from './path-element.ts';
import { anyNode } from './rule.ts';
import { isMembers, itemElement, itemsOf, ruleFor, type ConcreteRule, type Members } from './value.ts';

/**
 * The fields that somebody takes who makes an object, as `taken(compare(…))` has them: the same set for the same fields, in order, made
 * once. Most objects name the fields that others of their kind have named before.
 *
 * A set is found step by step, as V8 finds the shape of an object: from the empty one along a member's name and what is below it. The
 * steps known are bounded; beyond that all are forgotten.
 */

/** Steps that are remembered: some 300 bytes each. */
const stepsMax = 10_000;

interface State {
  /** The set with everything up to here, when it was asked for. */
  set: FieldSet | undefined;
  readonly before: State | undefined;
  readonly element: string;
  readonly child: FieldSet;
  /** Steps on, where nothing is below the member. */
  leaves: Map<string, State> | undefined;
  nodes: Map<string, Map<FieldSet, State>> | undefined;
}

type ListRule = Extract<ConcreteRule, { op: 'items' | 'set' }>;

/** What cannot be told step by step: it is compared the long way. */
const unusual = Symbol('unusual');

/** By what its steps mean: members of maps, or items by the name of their key; and whether the node is in its own set. */
let starts = new Map<string, State>();
let steps = 0;

/**
 * `blank`: the object when nobody has said anything. Members of the root named in `skip` are left out, and what is nobody's. Frozen and
 * shared; `undefined`: there is something in it that only a comparison can tell.
 */
export function newFields(schema: SchemaNode, blank: object, object: object, skip: (name: string) => boolean): FieldSet | undefined {
  if (steps > stepsMax) {
    starts = new Map();
    steps = 0;
  }
  try {
    return fresh(schema, blank, object, (name) => isNobodys('', name) || skip(name)) ?? leaf;
  } catch (thrown) {
    if (thrown === unusual) return undefined;
    throw thrown;
  }
}

/** What is in `after` and not in `before`; `undefined` when nothing is. */
function fresh(schema: SchemaNode, before: unknown, after: unknown, skip?: (name: string) => boolean): FieldSet | undefined {
  if (before === after || after === undefined) return undefined;
  if (before === undefined) return whole(schema, after);
  const rule = ruleFor(schema, after);
  if (after === null || ruleFor(schema, before).op !== rule.op) throw unusual;
  if (rule.op === 'map') return freshMembers(rule, before, after, skip);
  if (rule.op === 'scalar' || rule.op === 'atomic') return deepEqual(before, after) ? undefined : leaf;
  const items = itemsOf(after);
  if (itemsOf(before).length > 0) throw unusual;
  return items.length === 0 ? undefined : itemsFrom(start(rule, false), rule, items);
}

function freshMembers(rule: Extract<ConcreteRule, { op: 'map' }>, before: unknown, after: unknown, skip: ((name: string) => boolean) | undefined): FieldSet | undefined {
  if (!isMembers(after) || (before !== null && !isMembers(before))) throw unusual;
  const first = startOf('f', false);
  let state = first;
  for (const name of Object.keys(after)) {
    if (skip?.(name) === true) continue;
    const field = rule.fields.get(name);
    const was = before !== null && Object.hasOwn(before, name) ? before[name] : undefined;
    const child = fresh(field?.node ?? rule.each ?? anyNode, was, after[name], skip !== undefined && name === 'metadata' ? isNobodysOfMetadata : undefined);
    if (child !== undefined) state = step(state, name, child, memberElement);
  }
  return state === first ? undefined : setOf(state);
}

function isNobodysOfMetadata(name: string): boolean {
  return isNobodys('metadata', name);
}

/** A value that is new as a whole: itself, and everything that is in it. */
function whole(schema: SchemaNode, value: unknown): FieldSet {
  if (value === null) return leaf;
  const rule = ruleFor(schema, value);
  if (rule.op === 'scalar' || rule.op === 'atomic') return leaf;
  if (rule.op !== 'map') return itemsFrom(start(rule, true), rule, itemsOf(value));
  return isMembers(value) ? membersOfWhole(rule, value) : leaf;
}

function membersOfWhole(rule: Extract<ConcreteRule, { op: 'map' }>, value: Members): FieldSet {
  const first = startOf('f', true);
  let state = first;
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member !== undefined) state = step(state, name, whole(rule.fields.get(name)?.node ?? rule.each ?? anyNode, member), memberElement);
  }
  return state === first ? leaf : setOf(state);
}

function itemsFrom(first: State, rule: ListRule, items: readonly unknown[]): FieldSet {
  const [key] = rule.op === 'items' ? rule.keys : [];
  // One key that is a string is what nearly all lists have: it stands for the element, which is long.
  const single = rule.op === 'items' && rule.keys.length === 1 ? key : undefined;
  const elementOf = single === undefined ? itSelf : (value: string): string => keyElement([[single.name, value]]);
  const seen = new Set<string>();
  let state = first;
  for (const item of items) {
    const name = single === undefined ? itemElement(rule, item) : singleKey(single.name, item);
    if (name === undefined) continue;
    if (seen.has(name)) throw unusual;
    seen.add(name);
    state = step(state, name, rule.op === 'set' ? leaf : whole(rule.items, item), elementOf);
  }
  return state === first ? leaf : setOf(state);
}

function singleKey(key: string, item: unknown): string {
  const value = isMembers(item) && Object.hasOwn(item, key) ? item[key] : undefined;
  if (typeof value !== 'string') throw unusual;
  return value;
}

function start(rule: ListRule, self: boolean): State {
  return startOf(rule.op === 'items' && rule.keys.length === 1 ? `k${rule.keys[0]?.name ?? ''}` : 'e', self);
}

function startOf(meaning: string, self: boolean): State {
  const key = self ? `.${meaning}` : meaning;
  let state = starts.get(key);
  if (state === undefined) starts.set(key, (state = { set: undefined, before: undefined, element: self ? itself : '', child: leaf, leaves: undefined, nodes: undefined }));
  return state;
}

function memberElement(name: string): string {
  return `f:${name}`;
}

function itSelf(element: string): string {
  return element;
}

function step(from: State, name: string, child: FieldSet, elementOf: (name: string) => string): State {
  const known = child === leaf ? from.leaves?.get(name) : from.nodes?.get(name)?.get(child);
  if (known !== undefined) return known;
  steps++;
  const state: State = { set: undefined, before: from, element: elementOf(name), child, leaves: undefined, nodes: undefined };
  if (child === leaf) (from.leaves ??= new Map()).set(name, state);
  else {
    from.nodes ??= new Map();
    const same = from.nodes.get(name);
    if (same === undefined) from.nodes.set(name, new Map([[child, state]]));
    else same.set(child, state);
  }
  return state;
}

function setOf(state: State): FieldSet {
  return (state.set ??= newSet(state));
}

function newSet(last: State): FieldSet {
  const members: Array<readonly [string, FieldSet]> = [];
  for (let state: State | undefined = last; state !== undefined; state = state.before) if (state.element !== '') members.push([state.element, state.child]);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  const set: FieldSetDraft = {};
  for (const [element, child] of members) set[element] = child;
  return trustOrder(Object.freeze(set));
}
