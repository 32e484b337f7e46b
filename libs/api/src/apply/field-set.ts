/**
 * A set of fields of an object, in the form of FieldsV1 (KEP-555): a member per path element (`f:name` a field, `k:{…}` an item
 * by its keys, `v:…` an item by its value, `i:n` by its index). An inner node that is empty is in the set itself; one with
 * members is only when it has `.` too. The root is never in the set: `{}` there is the empty set.
 *
 * Sets are values: no function here changes one, and what is not affected is shared. Every key begins with `.`, `f:`, `k:`, `v:`
 * or `i:` (`isFieldSet` checks what comes from outside), so that no key is ever the name of something on a prototype.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** For building one. */
export interface FieldSetDraft {
  [element: string]: FieldSet;
}

/** A node that is in the set, with nothing below it; as root, the empty set. */
export const leaf: FieldSet = Object.freeze({});
export const emptySet = leaf;
/** The member that says that a node with others is in the set itself. */
export const itself = '.';

/** Deepest nesting of a set that is taken from a client. */
const depthMax = 128;
const element = /^(?:\.$|[fkvi]:)/;

/** Whether a value from outside is a set. */
export function isFieldSet(value: unknown, depth = 0): value is FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > depthMax) return false;
  for (const key in value) if (!element.test(key) || !isFieldSet((value as FieldSet)[key], depth + 1)) return false;
  return true;
}

export function isEmpty(set: FieldSet): boolean {
  for (const _key in set) return false;
  return true;
}

/** Whether an inner node is in the set itself. */
export function hasItself(node: FieldSet): boolean {
  return node[itself] !== undefined || isEmpty(node);
}

/** What is in either; `a` itself when that is all of it. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  let out: FieldSetDraft | undefined;
  for (const key in b) {
    const left = a[key];
    const right = b[key] ?? leaf;
    const both = left === undefined ? right : unionOfNodes(left, right);
    if (both !== left) (out ??= { ...a })[key] = both;
  }
  return out ?? a;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const both = union(a, b);
  const self = hasItself(a);
  if ((both === a && self) || (!self && !hasItself(b))) return both;
  return withItself(both);
}

/** What is in `a` and not in `b`; `a` itself when that is all of it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let out: FieldSetDraft | undefined;
  for (const key in b) {
    const left = a[key];
    if (left === undefined || key === itself) continue;
    const rest = differenceOfNodes(left, b[key] ?? leaf);
    if (rest === left) continue;
    out ??= { ...a };
    if (rest === undefined) delete out[key];
    else out[key] = rest;
  }
  return out ?? a;
}

function differenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const was = hasItself(a);
  const stays = was && !hasItself(b);
  const rest = difference(a, b);
  if (rest === a && stays === was) return a;
  return node(stays, rest);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSetDraft = {};
  for (const key in b) {
    const left = a[key];
    const right = b[key];
    if (left === undefined || right === undefined || key === itself) continue;
    const both = node(hasItself(left) && hasItself(right), intersection(left, right));
    if (both !== undefined) out[key] = both;
  }
  return out;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const key in a) {
    const right = b[key];
    if (right === undefined || !equalSets(a[key] ?? leaf, right)) return false;
    count++;
  }
  for (const _key in b) count--;
  return count === 0;
}

/** Sets that are in order already: most of what is written back was read. */
const inOrder = new WeakSet<FieldSet>();

/** Says that a set is in order: for one that `sorted` made and that was stored since. */
export function trustOrder(set: FieldSet): FieldSet {
  inOrder.add(set);
  return set;
}

/** The set with the keys of every node in order, as Kubernetes writes it: the node itself, fields, items by keys, by value. */
export function sorted(set: FieldSet): FieldSet {
  return inOrder.has(set) ? set : trustOrder(inOrderOf(set));
}

function inOrderOf(set: FieldSet): FieldSet {
  return isInOrder(set) ? set : reordered(set);
}

/** Most nodes are: they were stored so, and a write adds to few of them. */
function isInOrder(set: FieldSet): boolean {
  let last = '';
  for (const key in set) {
    if (key < last || !isInOrder(set[key] ?? leaf)) return false;
    last = key;
  }
  return true;
}

function reordered(set: FieldSet): FieldSet {
  const keys = Object.keys(set);
  if (keys.length === 0) return leaf;
  if (keys.length > 1) keys.sort();
  const out: FieldSetDraft = {};
  for (const key of keys) out[key] = inOrderOf(set[key] ?? leaf);
  return out;
}

/** An inner node from its two halves; `undefined` when nothing is left of it. */
export function node(self: boolean, members: FieldSet): FieldSet | undefined {
  if (self) return withItself(members);
  if (members[itself] === undefined) return isEmpty(members) ? undefined : members;
  const { [itself]: _self, ...rest } = members;
  return isEmpty(rest) ? undefined : rest;
}

function withItself(members: FieldSet): FieldSet {
  if (members[itself] !== undefined) return isOnlyItself(members) ? leaf : members;
  return isEmpty(members) ? leaf : { [itself]: leaf, ...members };
}

function isOnlyItself(members: FieldSet): boolean {
  for (const key in members) if (key !== itself) return false;
  return true;
}
