import { keyElement, valueElement } from './path-element.ts';
import { anyNode, ruleOf, type Rule } from './rule.ts';
import type { SchemaNode } from '../schema/node.ts';

export type Members = Readonly<Record<string, unknown>>;

export type ConcreteRule = Exclude<Rule, { readonly op: 'deduced' }>;

const scalar: ConcreteRule = { op: 'scalar', expects: 'any' };
const granular: ConcreteRule = { op: 'map', fields: new Map(), each: anyNode };
const atomicList: ConcreteRule = { op: 'atomic', of: 'list', fields: new Map(), each: anyNode };

/** The rule for a value, where the schema leaves it open the one that its form asks for. */
export function ruleFor(node: SchemaNode, value: unknown): ConcreteRule {
  const rule = ruleOf(node);
  if (rule.op !== 'deduced') return rule;
  if (Array.isArray(value)) return atomicList;
  return isMembers(value) ? granular : scalar;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of a map; none of what is no map. */
export function membersOf(value: unknown): Members {
  return isMembers(value) ? value : noMembers;
}
const noMembers: Members = Object.freeze({});

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : noItems;
}
const noItems: readonly unknown[] = Object.freeze([]);

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The element of an item of a set or associative list; `undefined` for an item that has none (its keys are missing or no scalars). */
export function itemElement(rule: Extract<ConcreteRule, { op: 'set' | 'items' }>, item: unknown): string | undefined {
  if (rule.op === 'set') return isScalar(item) ? valueElement(item) : undefined;
  if (!isMembers(item)) return undefined;
  const keys: Array<readonly [string, string | number | boolean]> = [];
  for (const { name, fallback } of rule.keys) {
    const value = Object.hasOwn(item, name) ? (item[name] ?? fallback) : fallback;
    if (!isScalar(value)) return undefined;
    keys.push([name, value]);
  }
  return keyElement(keys);
}

/** Items by element, in order; those without an element are left out. More than one value: duplicates. */
export function byElement(rule: Extract<ConcreteRule, { op: 'set' | 'items' }>, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(rule, item);
    if (element === undefined) continue;
    const same = found.get(element);
    if (same === undefined) found.set(element, [item]);
    else same.push(item);
  }
  return found;
}
