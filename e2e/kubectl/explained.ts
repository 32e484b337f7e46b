import type { SchemaNode } from '@rhythm/api';

/** A field as `explain --recursive` tells it: how deep it lies, its name and its type, and by 1.35 whether it must be there. */
export type Told = readonly [depth: number, name: string, type: string, required: boolean];

/** How a version of kubectl writes fields down: by how many spaces it indents them, and how it names types. */
export interface Hand {
  readonly indent: number;
  typeOf(node: SchemaNode): string;
  readonly tellsRequired: boolean;
}

/** The fields that a text tells. */
export function fieldsIn(text: string, { indent }: Hand): Told[] {
  const from = text.slice(text.indexOf('\nFIELDS:\n'));
  return [...from.matchAll(/^( +)(\S+)\t<(.*)>( -required-)?$/gm)].map(([, before = '', name = '', type = '', required]) => [before.length / indent, name, type, required !== undefined]);
}

/** The fields that the table of messages has, each with those within it; a type within itself is named only. */
export function fieldsOf(node: SchemaNode, hand: Hand, depth = 1, within: readonly SchemaNode[] = []): Told[] {
  return [...(node.properties ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, field]) => {
    const told: Told = [depth, name, hand.typeOf(field), hand.tellsRequired && node.required?.includes(name) === true];
    const inner = innermost(field);
    return inner.properties === undefined || within.includes(inner) ? [told] : [told, ...fieldsOf(inner, hand, depth + 1, [...within, inner])];
  });
}

/** The path of a field that lies as deep as any. */
export function deepestPath(told: readonly Told[]): { readonly path: string; readonly type: string } {
  const deepest = Math.max(...told.map(([depth]) => depth));
  const at = told.findIndex(([depth]) => depth === deepest);
  const names = Array.from({ length: deepest }, (_, i) => told.slice(0, at + 1).findLast(([depth]) => depth === i + 1)?.[1] ?? '');
  return { path: names.join('.'), type: told[at]?.[2] ?? '' };
}

function innermost(node: SchemaNode): SchemaNode {
  const inner = node.items ?? node.additionalProperties;
  return inner === undefined ? node : innermost(inner);
}

/** Messages whose JSON is a plain value that clients know by itself: they are told by that. */
const plain: ReadonlySet<string | undefined> = new Set(['time', 'micro-time', 'duration']);

/** Messages by their own name, lists and maps before what is in them. */
export const current: Hand = {
  indent: 2,
  tellsRequired: true,
  typeOf(node) {
    if (node.items !== undefined) return `[]${this.typeOf(node.items)}`;
    if (node.additionalProperties !== undefined) return `map[string]${this.typeOf(node.additionalProperties)}`;
    const message = node.proto?.message;
    return message === undefined || plain.has(node.scalar) ? (node.type ?? 'string') : message.slice(message.lastIndexOf('.') + 1);
  },
};

/** 1.20 knows no names of messages, and of `--recursive` not what must be there. */
export const old: Hand = {
  indent: 3,
  tellsRequired: false,
  typeOf(node) {
    if (node.items !== undefined) return `[]${this.typeOf(node.items)}`;
    if (node.additionalProperties !== undefined) return `map[string]${this.typeOf(node.additionalProperties)}`;
    if (node.scalar === 'quantity' || node.scalar === 'int-or-string' || plain.has(node.scalar)) return 'string';
    if ((node.properties?.size ?? 0) > 0) return 'Object';
    return node.type === 'object' ? 'map[string]' : (node.type ?? '');
  },
};
