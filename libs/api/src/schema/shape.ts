import type { ProtoField, ProtoForm, SchemaNode } from './node.ts';

/**
 * A built-in's schema as the decoder, the canonicaliser and the protobuf codec walk it: one flat record per node,
 * with the decisions about Go's presence already taken. Made from a node once and kept with it.
 */
export interface Shape {
  readonly op: Op;
  /** Go's name of the type, for messages: `int32`, `v1.PodSpec`. */
  readonly goType: string;
  /** Struct name without package, for messages: `PodSpec`. */
  readonly struct: string;
  /** Of objects: by JSON name, inlined fields included. */
  readonly fields: ReadonlyMap<string, FieldShape>;
  /** Of objects: the fields Go always writes. */
  readonly always: readonly FieldShape[];
  /** Of objects: in order of number, inlined messages as one field. */
  readonly wire: readonly WireField[];
  /** Of forms of the JSON schema union: the shape of a schema. */
  readonly schema: Shape | undefined;
}

export type Op = 'object' | 'string' | 'bool' | 'int32' | 'int64' | 'double' | 'bytes' | 'any' | Exclude<ProtoForm, 'raw' | 'raw-object'>;

export interface FieldShape {
  readonly name: string;
  readonly label: 'optional' | 'repeated' | 'map';
  /** Of the element. */
  readonly shape: Shape;
  readonly always: boolean;
  readonly pointer: boolean;
}

export interface WireField extends FieldShape {
  readonly number: number;
  readonly inline: boolean;
  /** Tag of the field as it is on the wire (number and wire type). */
  readonly tag: number;
  readonly type: ProtoField['type'];
}

type Draft = { -readonly [K in keyof Shape]: Shape[K] };

const shapes = new WeakMap<SchemaNode, Shape>();
const byMessage = new Map<string, Shape>();

/** The shape of a built-in's node; of any other node `any`. */
export function shapeOf(node: SchemaNode): Shape {
  const known = shapes.get(node);
  if (known !== undefined) return known;
  const shape = node.proto === undefined ? scalarShape(node) : messageShape(node);
  shapes.set(node, shape);
  return shape;
}

const scalarShapes = new Map<Op, Shape>();

function scalarShape(node: SchemaNode): Shape {
  const op = scalarOp(node);
  let shape = scalarShapes.get(op);
  if (shape === undefined) scalarShapes.set(op, (shape = draft(op, { bytes: '[]byte', double: 'float64', any: 'interface {}' }[op as string] ?? op)));
  return shape;
}

function scalarOp(node: SchemaNode): Op {
  if (node.scalar === 'int32' || node.scalar === 'int64' || node.scalar === 'double' || node.scalar === 'bytes') return node.scalar;
  if (node.type === 'string') return 'string';
  return node.type === 'boolean' ? 'bool' : 'any';
}

function draft(op: Op, goType: string, struct = ''): Draft {
  return { op, goType, struct, fields: new Map(), always: [], wire: [], schema: undefined };
}

/** Fields with extras of their own are copies of the message's node: one shape serves them all. */
function messageShape(node: SchemaNode): Shape {
  const { message = '', form, fields = [], typeMeta = false } = node.proto ?? {};
  const known = byMessage.get(message);
  if (known !== undefined) return known;
  const [version = '', struct = ''] = message.split('.').slice(-2);
  const op: Op = form === undefined ? 'object' : form === 'raw' || form === 'raw-object' ? 'any' : form;
  const shape = draft(op, `${version}.${struct}`, struct);
  byMessage.set(message, shape);
  const wire = fields.map(wireField);
  const flat = new Map<string, FieldShape>();
  if (typeMeta) for (const name of ['kind', 'apiVersion']) flat.set(name, { name, label: 'optional', shape: stringShape(), always: false, pointer: false });
  for (const field of wire) {
    if (!field.inline) flat.set(field.name, field);
    else for (const [name, inner] of field.shape.fields) flat.set(name, inner);
  }
  shape.fields = flat;
  shape.always = [...flat.values()].filter((f) => f.always);
  shape.wire = wire;
  shape.schema = form?.startsWith('schema-or') === true ? wire.find((f) => f.name === 'Schema')?.shape : undefined;
  return shape;
}

function stringShape(): Shape {
  return scalarShape({ type: 'string' });
}

function wireField(field: ProtoField): WireField {
  const delimited = field.label === 'map' || field.type === 'string' || field.type === 'bytes' || field.type === 'message';
  const wireType = delimited ? 2 : field.type === 'double' ? 1 : field.type === 'float' ? 5 : 0;
  return {
    name: field.name,
    label: field.label,
    shape: shapeOf(field.node),
    always: field.always,
    pointer: field.presence === 'pointer',
    number: field.number,
    inline: field.inline,
    tag: (field.number << 3) | wireType,
    type: field.type,
  };
}
