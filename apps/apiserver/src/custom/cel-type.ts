import type { SchemaNode } from '@rhythm/api';
import { boolType, bytesType, doubleType, durationType, dynType, escapeName, intType, stringType, timestampType, type Type } from '@rhythm/cel';

/** No request is larger, so no text, list or map in one is either (kube-apiserver: 3 MB). */
const requestBytesMax = 3 * 1024 * 1024;

/** The type that rules see a part of an object as; undefined when nothing of it can be named in a rule. */
export function celTypeOf(node: SchemaNode, name: string, isResource = false): Type | undefined {
  if (node.intOrString === true) return dynType;
  if (node.preserveUnknownFields === true && node.properties === undefined) return node.type === undefined || node.type === 'object' ? dynType : undefined;
  switch (node.type) {
    case 'boolean':
      return boolType;
    case 'integer':
      return intType;
    case 'number':
      return doubleType;
    case 'string':
      return textType(node);
    case 'array': {
      const of = node.items === undefined ? undefined : celTypeOf(node.items, `${name}.@idx`);
      if (of === undefined) return undefined;
      const bound = node.bounds?.maxItems ?? Math.floor(requestBytesMax / leastBytes(node.items));
      return { kind: 'list', of, bound, ...(node.listType === 'set' ? { keyFields: [] } : node.listType === 'map' ? { keyFields: (node.listMapKeys ?? []).map((key) => escapeName(key) ?? key) } : {}) };
    }
    case 'object':
      return objectType(node, name, isResource);
    default:
      return undefined;
  }
}

function objectType(node: SchemaNode, name: string, isResource: boolean): Type | undefined {
  if (node.additionalProperties !== undefined) {
    const value = celTypeOf(node.additionalProperties, `${name}.@elem`);
    if (value === undefined) return undefined;
    return { kind: 'map', key: { kind: 'string', bound: requestBytesMax }, value, bound: node.bounds?.maxProperties ?? Math.floor(requestBytesMax / (4 + leastBytes(node.additionalProperties))) };
  }
  const fields = new Map<string, Type>();
  const isRoot = isResource || node.embeddedResource === true;
  for (const [property, child] of node.properties ?? []) {
    const type = isRoot && property === 'metadata' ? metadataType : celTypeOf(child, `${name}.${property}`);
    const escaped = escapeName(property);
    if (type !== undefined && escaped !== undefined) fields.set(escaped, type);
  }
  return { kind: 'object', name, fields };
}

/** Of metadata rules may look at the name only: all else changes without the definition's leave. */
const metadataType: Type = { kind: 'object', name: 'selfType.metadata', fields: new Map([['name', { kind: 'string', bound: 253 }], ['generateName', { kind: 'string', bound: 253 }]]) };

function textType(node: SchemaNode): Type {
  switch (node.format) {
    case 'byte':
      return { ...bytesType, bound: node.bounds?.maxLength ?? requestBytesMax };
    case 'duration':
      return durationType;
    case 'date':
    case 'date-time':
      return timestampType;
    default:
      return { ...stringType, bound: node.bounds?.maxLength ?? longestValue(node) };
  }
}

function longestValue({ enum: values }: SchemaNode): number {
  return values === undefined ? requestBytesMax : Math.max(0, ...values.map((value) => (typeof value === 'string' ? value.length : 0)));
}

/** Fewest bytes that an element takes in a request, the comma included. */
function leastBytes(node: SchemaNode | undefined): number {
  switch (node?.type) {
    case 'object':
      return 3 + (node.required ?? []).length * 5;
    case 'boolean':
      return 5;
    case 'string':
    case 'array':
      return 3;
    default:
      return 2;
  }
}
