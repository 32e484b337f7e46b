import { formatTime } from '@rhythm/base';
import { formatDuration } from '../duration.ts';
import { setOwn } from '../schema/own.ts';
import type { Shape, WireField } from '../schema/shape.ts';
import { toBase64 } from './base64.ts';
import { ProtobufError, Reader } from './reader.ts';

type Members = Record<string, unknown>;

/** What a raw extension holds: its JSON, or another enveloped object. */
export type ReadRaw = (bytes: Uint8Array, depth: number) => unknown;

/** Deepest nesting of messages taken. */
const depthMax = 200;

/** An object in its JSON shape from the protobuf of a message. Zero values are kept as they are: `canonicalise` comes next. Throws `ProtobufError`. */
export function decodeMessage(shape: Shape, bytes: Uint8Array, readRaw: ReadRaw, depth = 0): Members {
  return new Decoder(readRaw).members(shape, new Reader(bytes), {}, depth);
}

class Decoder {
  readonly #readRaw: ReadRaw;

  constructor(readRaw: ReadRaw) {
    this.#readRaw = readRaw;
  }

  members(shape: Shape, reader: Reader, members: Members, depth: number): Members {
    if (depth > depthMax) throw new ProtobufError(`proto: nested deeper than ${depthMax} levels`);
    while (!reader.done) {
      const tag = reader.varint();
      const field = fieldOf(shape, tag);
      if (field === undefined) reader.skip(tag & 7);
      else this.#field(field, reader, members, depth);
    }
    return members;
  }

  #field(field: WireField, reader: Reader, members: Members, depth: number): void {
    if (field.inline) {
      this.members(field.shape, reader.message(), members, depth + 1);
      return;
    }
    const { name } = field;
    if (field.label === 'repeated') {
      const list = (members[name] ??= []) as unknown[];
      list.push(this.#element(field.shape, reader, depth));
    } else if (field.label === 'map') this.#entry(field, reader.message(), (members[name] ??= {}) as Members, depth);
    else {
      const before = members[name];
      // A message given twice is merged, as protobuf has it.
      if (field.shape.op === 'object' && before !== undefined) this.members(field.shape, reader.message(), before as Members, depth + 1);
      else members[name] = this.#element(field.shape, reader, depth);
    }
  }

  #entry(field: WireField, reader: Reader, map: Members, depth: number): void {
    let key = '';
    let value: unknown;
    while (!reader.done) {
      const tag = reader.varint();
      if (tag === 0x0a) key = reader.string();
      else if (tag === ((2 << 3) | valueWireType(field))) value = this.#element(field.shape, reader, depth);
      else reader.skip(tag & 7);
    }
    setOwn(map, key, value ?? this.#element(field.shape, new Reader(zeroElement), depth));
  }

  #element(shape: Shape, reader: Reader, depth: number): unknown {
    switch (shape.op) {
      case 'string':
        return reader.string();
      case 'bool':
        return reader.varint() !== 0;
      case 'int32':
        return reader.int32();
      case 'int64':
        return reader.int64();
      case 'double':
        return reader.double();
      case 'bytes':
        return toBase64(reader.bytes());
      case 'object':
        return this.members(shape, reader.message(), {}, depth + 1);
      case 'any':
        return this.#raw(reader.message(), depth);
      case 'time':
      case 'micro-time':
        return readTime(shape.op, reader.message());
      case 'duration':
        return formatDuration(readNumbered(reader.message(), 1) ?? 0n);
      case 'quantity':
        return readText(reader.message(), 1) ?? '0';
      case 'int-or-string':
        return readIntOrString(reader.message());
      case 'list':
        return this.members(shape, reader.message(), {}, depth + 1)['items'] ?? [];
      default:
        return unionValue(shape, this.members(shape, reader.message(), {}, depth + 1));
    }
  }

  #raw(reader: Reader, depth: number): unknown {
    let value: unknown = null;
    while (!reader.done) {
      const tag = reader.varint();
      if (tag === 0x0a) value = this.#readRaw(reader.bytes(), depth + 1);
      else reader.skip(tag & 7);
    }
    return value;
  }
}

/** Of maps: wire type of the value. */
export function valueWireType(field: WireField): number {
  if (field.type === 'string' || field.type === 'bytes' || field.type === 'message') return 2;
  return field.type === 'double' ? 1 : field.type === 'float' ? 5 : 0;
}

/** Any one field's zero: a length or an integer of 0, padded for the fixed sizes. */
const zeroElement = new Uint8Array(8);

const byTag = new WeakMap<Shape, Map<number, WireField>>();

function fieldOf(shape: Shape, tag: number): WireField | undefined {
  let fields = byTag.get(shape);
  if (fields === undefined) byTag.set(shape, (fields = new Map(shape.wire.map((f) => [f.tag, f]))));
  return fields.get(tag);
}

function readTime(op: 'time' | 'micro-time', reader: Reader): string | null {
  if (reader.done) return null;
  let seconds = 0;
  let nanos = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) seconds = reader.int64();
    else if (tag === 0x10) nanos = reader.int32();
    else reader.skip(tag & 7);
  }
  if (Math.abs(seconds) > 253_402_300_799 || nanos < 0 || nanos > 999_999_999) throw new ProtobufError('proto: time out of range');
  const text = formatTime(seconds * 1000);
  return op === 'time' ? text : `${text.slice(0, -1)}.${Math.floor(nanos / 1000).toString().padStart(6, '0')}Z`;
}

function readNumbered(reader: Reader, number: number): bigint | undefined {
  let value: bigint | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === number << 3) value = reader.bigint();
    else reader.skip(tag & 7);
  }
  return value;
}

function readText(reader: Reader, number: number): string | undefined {
  let value: string | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === ((number << 3) | 2)) value = reader.string();
    else reader.skip(tag & 7);
  }
  return value;
}

function readIntOrString(reader: Reader): number | string {
  let type = 0;
  let int = 0;
  let text = '';
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) type = reader.varint();
    else if (tag === 0x10) int = reader.int32();
    else if (tag === 0x1a) text = reader.string();
    else reader.skip(tag & 7);
  }
  return type === 1 ? text : int;
}

function unionValue(shape: Shape, members: Members): unknown {
  if (members['Schema'] !== undefined) return members['Schema'];
  if (shape.op === 'schema-or-bool') return members['Allows'] ?? false;
  return members[shape.op === 'schema-or-array' ? 'JSONSchemas' : 'Property'] ?? [];
}
