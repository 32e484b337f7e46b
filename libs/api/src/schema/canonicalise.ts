import type { SchemaNode } from './node.ts';
import { shapeOf, type FieldShape, type Shape } from './shape.ts';
import { objectMetaSchema } from './table.ts';

/**
 * Brings an object of a built-in kind, in place, into the form that Go would write: what `omitempty` drops is dropped, what is
 * always written is there. Lists that Go would write as null are `[]`: clients read both alike. Times that are zero are left
 * out, except where Go writes null for want of `omitempty`. Of a custom resource only the metadata is touched.
 *
 * The object must be of the right types (`decodeObject`, or made by us); scalars are expected canonical already.
 */
export function canonicalise<T extends object>(node: SchemaNode, object: T): T {
  if (node.proto !== undefined) {
    tidy(shapeOf(node), object as Members);
    return object;
  }
  const { metadata } = object as Members;
  if (typeof metadata === 'object' && metadata !== null) tidy(shapeOf(objectMetaSchema()), metadata as Members);
  return object;
}

type Members = Record<string, unknown>;

function tidy(shape: Shape, members: Members): void {
  for (const key in members) {
    const value = members[key];
    // Most members are scalars that say something: nothing happens to those, whatever field they are.
    if (typeof value === 'object' ? false : Boolean(value)) continue;
    const field = shape.fields.get(key);
    if (field === undefined) continue;
    tidyValue(field, value);
    if (!field.always && isDropped(field, value)) delete members[key];
  }
  fillAlways(shape, members);
}

/** Puts what Go always writes where it is missing. */
export function fillAlways(shape: Shape, members: Members): void {
  for (const field of shape.always) {
    const value = members[field.name];
    if (value === undefined || (value === null && !field.pointer)) members[field.name] = emptyOf(field);
  }
}

function tidyValue(field: FieldShape, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { shape } = field;
  if (shape.op !== 'object' && shape.schema === undefined) return;
  if (field.label === 'optional') tidyElement(shape, value);
  else if (Array.isArray(value)) for (const item of value) tidyElement(shape, item);
  else for (const key in value) tidyElement(shape, (value as Members)[key]);
}

function tidyElement(shape: Shape, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const inner = shape.schema ?? shape;
  if (Array.isArray(value)) for (const item of value) tidyElement(inner, item);
  else tidy(inner, value as Members);
}

/** What `omitempty` leaves out: the zero of a field held by value, and lists and maps without members. */
export function isDropped(field: FieldShape, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (field.label === 'repeated') return (value as readonly unknown[]).length === 0;
  if (field.label === 'map') return isEmpty(value as Members);
  if (field.pointer) return false;
  if (field.shape.op === 'object') return isEmpty(value as Members);
  if (field.shape.op === 'int-or-string' || field.shape.op === 'quantity') return false;
  return value === '' || value === 0 || value === false;
}

function isEmpty(members: Members): boolean {
  for (const _key in members) return false;
  return true;
}

function emptyOf(field: FieldShape): unknown {
  if (field.label === 'repeated') return [];
  if (field.label === 'map') return {};
  if (field.pointer) return null;
  switch (field.shape.op) {
    case 'object': {
      const members: Members = {};
      for (const inner of field.shape.always) members[inner.name] = emptyOf(inner);
      return members;
    }
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'int-or-string':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    case 'list':
      return [];
    default:
      return null;
  }
}
