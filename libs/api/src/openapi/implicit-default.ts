import type { ProtoField, SchemaNode } from '../schema/node.ts';

/** What the served OpenAPI v3 says of fields whose Go type has no way to be absent: KEP-1929 has them default to their zero. */
export interface ImplicitDefaults {
  readonly own?: unknown;
  /** Of the elements of a list or map. */
  readonly element?: unknown;
}

/** The fields of a message by JSON name, those of inlined messages among them. */
export function fieldsOf(node: SchemaNode): ReadonlyMap<string, ProtoField> {
  const fields = new Map<string, ProtoField>();
  for (const field of node.proto?.fields ?? []) {
    if (field.inline) for (const [name, inner] of fieldsOf(field.node)) fields.set(name, inner);
    else fields.set(field.name, field);
  }
  return fields;
}

export function implicitDefaults(field: ProtoField | undefined): ImplicitDefaults {
  if (field === undefined) return {};
  if (field.label !== 'optional') return { element: zeroOf(field) };
  if (field.presence !== 'value') return {};
  return field.type === 'message' || field.always ? { own: zeroOf(field) } : {};
}

/** Types with a JSON form of their own (times, quantities) say nothing. */
function zeroOf({ type, node }: ProtoField): unknown {
  if (type === 'message') return node.proto?.form === undefined ? {} : undefined;
  if (type === 'bytes') return undefined;
  return { string: '', boolean: false, integer: 0, number: 0 }[node.type as 'string' | 'boolean' | 'integer' | 'number'];
}
