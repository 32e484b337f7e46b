import type { Json } from './schemas.ts';

/**
 * OpenAPI v2 definitions as the protobuf of google/gnostic-models (package openapi.v2), which is the only form that
 * older kubectl reads. Written by hand: seven messages of the sixty are needed.
 */
export function encodeV2(title: string, version: string, definitions: Readonly<Record<string, Json>>): Uint8Array {
  const named = Object.entries(definitions).map(([name, schema]) => message(1, [text(1, name), message(2, [schemaOf(schema)])]));
  return concat([text(1, '2.0'), message(2, [text(1, title), text(2, version)]), message(8, []), message(9, named)]);
}

/** `Schema`; its field numbers are those of the published proto. */
function schemaOf(schema: Json): Uint8Array {
  const parts: Uint8Array[] = [];
  const { $ref, format, description, required, additionalProperties, type, items, properties } = schema;
  if (typeof $ref === 'string') parts.push(text(1, $ref));
  if (typeof format === 'string') parts.push(text(2, format));
  if (typeof description === 'string') parts.push(text(4, description));
  for (const name of strings(required)) parts.push(text(19, name));
  if (isSchema(additionalProperties)) parts.push(message(21, [message(1, [schemaOf(additionalProperties)])]));
  if (typeof type === 'string') parts.push(message(22, [text(1, type)]));
  if (isSchema(items)) parts.push(message(23, [message(1, [schemaOf(items)])]));
  if (isSchema(properties)) {
    const named = Object.entries(properties).map(([name, child]) => message(1, [text(1, name), message(2, [schemaOf(child as Json)])]));
    parts.push(message(25, named));
  }
  for (const [name, value] of Object.entries(schema)) {
    // Extensions travel as YAML, of which JSON is a part.
    if (name.startsWith('x-')) parts.push(message(31, [text(1, name), message(2, [text(2, `${JSON.stringify(value)}\n`)])]));
  }
  return concat(parts);
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function text(number: number, value: string): Uint8Array {
  return field(number, Buffer.from(value));
}

function message(number: number, parts: readonly Uint8Array[]): Uint8Array {
  return field(number, concat(parts));
}

function field(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) return Uint8Array.from(bytes);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
