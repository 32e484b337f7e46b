import { deepCopy } from '../patch/values.ts';
import { setOwn } from '../schema/own.ts';
import type { SchemaNode } from '../schema/node.ts';
import { anyNode, memberNode } from './rule.ts';
import { byElement, itemElement, itemsOf, membersOf, ruleFor, type ConcreteRule } from './value.ts';

/**
 * The live object with an applied configuration laid over it: what the configuration names has its value, all else stays. The items
 * of a list come in the configuration's order, those only the live object has keep their place among them. A new object.
 */
export function merge(schema: SchemaNode, live: object, applied: object): Record<string, unknown> {
  return mergeValues(schema, live, applied) as Record<string, unknown>;
}

function mergeValues(schema: SchemaNode, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return deepCopy(live);
  const rule = ruleFor(schema, applied);
  if (live === undefined || live === null || ruleFor(schema, live).op !== rule.op) return deepCopy(applied);
  if (rule.op === 'map') return mergeMembers(rule, live, applied);
  if (rule.op === 'items' || rule.op === 'set') return mergeItems(rule, itemsOf(live), itemsOf(applied));
  return deepCopy(applied);
}

function mergeMembers(rule: Extract<ConcreteRule, { op: 'map' }>, live: unknown, applied: unknown): unknown {
  const left = membersOf(live);
  const right = membersOf(applied);
  const out: Record<string, unknown> = {};
  const take = (name: string, from: unknown, to: unknown): void => {
    const value = mergeValues(memberNode(rule, name) ?? anyNode, from, to);
    if (value !== undefined) setOwn(out, name, value);
  };
  for (const name of Object.keys(left)) take(name, left[name], Object.hasOwn(right, name) ? right[name] : undefined);
  for (const name of Object.keys(right)) if (!Object.hasOwn(left, name)) take(name, undefined, right[name]);
  return out;
}

function mergeItems(rule: Extract<ConcreteRule, { op: 'items' | 'set' }>, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const schema = rule.op === 'set' ? anyNode : rule.items;
  const wanted = byElement(rule, applied);
  const present = byElement(rule, live);
  const out: unknown[] = [];
  let at = 0;
  /** The live items before `element` that the configuration does not name; with none, all that are left. */
  const takeLiveBefore = (element: string | undefined): void => {
    for (; at < live.length; at++) {
      const here = itemElement(rule, live[at]);
      if (here !== undefined && here === element) return;
      if (here === undefined || !wanted.has(here)) out.push(deepCopy(live[at]));
    }
  };
  const shared = [...wanted.keys()].filter((element) => present.has(element));
  let next = 0;
  for (const [element, [item]] of wanted) {
    takeLiveBefore(shared[next]);
    if (element === shared[next]) {
      next++;
      at++;
    }
    const same = present.get(element) ?? [];
    // Of duplicates in the live object none is merged with: they are replaced.
    out.push(mergeValues(schema, same.length === 1 ? same[0] : undefined, item));
  }
  takeLiveBefore(undefined);
  return out;
}
