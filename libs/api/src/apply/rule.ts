import type { SchemaNode } from '../schema/node.ts';

/** How apply and ownership see the values of a schema node. Made from a node once and kept with it. */
export type Rule =
  /** One value that is owned as a whole. */
  | { readonly op: 'scalar'; readonly expects: 'string' | 'number' | 'boolean' | 'any' }
  /** A map or list that is owned as a whole. */
  | { readonly op: 'atomic'; readonly of: 'map' | 'list'; readonly fields: ReadonlyMap<string, Field>; readonly each: SchemaNode | undefined }
  | { readonly op: 'map'; readonly fields: ReadonlyMap<string, Field>; readonly each: SchemaNode | undefined }
  /** Items are told apart by `keys`. */
  | { readonly op: 'items'; readonly keys: readonly ItemKey[]; readonly items: SchemaNode }
  | { readonly op: 'set' }
  /** Whatever the value is: a map is granular, a list atomic. */
  | { readonly op: 'deduced' };

export interface Field {
  readonly name: string;
  readonly node: SchemaNode;
  /** Its element in a field set. */
  readonly element: string;
}

export interface ItemKey {
  readonly name: string;
  /** Stands for the key where an item leaves it out. */
  readonly fallback: string | number | boolean | undefined;
}

/** The schema of what no schema describes. */
export const anyNode: SchemaNode = Object.freeze({ preserveUnknownFields: true });

const rules = new WeakMap<SchemaNode, Rule>();
const noFields: ReadonlyMap<string, Field> = new Map();

export function ruleOf(node: SchemaNode): Rule {
  let rule = rules.get(node);
  if (rule === undefined) rules.set(node, (rule = newRule(node)));
  return rule;
}

function newRule(node: SchemaNode): Rule {
  switch (node.type) {
    case 'object':
      return mapRule(node);
    case 'array':
      return listRule(node);
    case 'string':
      return { op: 'scalar', expects: 'string' };
    case 'integer':
    case 'number':
      return { op: 'scalar', expects: 'number' };
    case 'boolean':
      return { op: 'scalar', expects: 'boolean' };
    default:
      return node.intOrString === true || node.scalar !== undefined ? { op: 'scalar', expects: 'any' } : { op: 'deduced' };
  }
}

function mapRule(node: SchemaNode): Rule {
  const fields = new Map([...(node.properties ?? [])].map(([name, inner]) => [name, { name, node: inner, element: `f:${name}` }]));
  const each = node.additionalProperties ?? (node.preserveUnknownFields === true ? anyNode : undefined);
  if (node.mapType === 'atomic') return { op: 'atomic', of: 'map', fields, each };
  return { op: 'map', fields, each };
}

function listRule(node: SchemaNode): Rule {
  const items = node.items ?? anyNode;
  const merges = node.listType === undefined && node.patchStrategy?.includes('merge') === true;
  const keys = node.listType === 'map' ? node.listMapKeys : merges && node.patchMergeKey !== undefined ? [node.patchMergeKey] : undefined;
  if (keys !== undefined && keys.length > 0) return { op: 'items', keys: keys.map((name) => ({ name, fallback: defaultOf(items.properties?.get(name)) })), items };
  if (node.listType === 'set' || (merges && keys === undefined)) return { op: 'set' };
  return { op: 'atomic', of: 'list', fields: noFields, each: items };
}

function defaultOf(node: SchemaNode | undefined): ItemKey['fallback'] {
  const value = node?.default;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

/** The node of a member of a map; `undefined` when the schema has none. */
export function memberNode(rule: Extract<Rule, { readonly each: SchemaNode | undefined }>, name: string): SchemaNode | undefined {
  return rule.fields.get(name)?.node ?? rule.each;
}
