import { parseTime } from '@rhythm/base';
import { parseDuration } from '../duration.ts';
import type { FieldShape, Shape, WireField } from '../schema/shape.ts';
import { fromBase64 } from './base64.ts';
import { valueWireType } from './decode.ts';
import { BackwardWriter } from './writer.ts';

type Members = Readonly<Record<string, unknown>>;

/** The protobuf of one message, byte for byte what Go writes for the same object. The object is in its JSON shape, with the right types. */
export function encodeMessage(shape: Shape, members: Members): Uint8Array {
  const writer = new BackwardWriter();
  writeMembers(writer, shape, members);
  return writer.finish();
}

const delimited = 2;

function writeMembers(writer: BackwardWriter, shape: Shape, members: Members): void {
  const { wire } = shape;
  for (let index = wire.length - 1; index >= 0; index--) writeField(writer, wire[index] as WireField, members);
}

function writeField(writer: BackwardWriter, field: WireField, members: Members): void {
  if (field.inline) {
    writeDelimited(writer, field.tag, () => writeMembers(writer, field.shape, members));
    return;
  }
  const value = Object.hasOwn(members, field.name) ? (members[field.name] ?? undefined) : undefined;
  if (field.label === 'repeated') writeList(writer, field, (value ?? []) as readonly unknown[]);
  else if (field.label === 'map') writeMap(writer, field, (value ?? {}) as Members);
  else if (value !== undefined || isAlwaysWritten(field)) writeElement(writer, field, field.tag, value);
}

/** A value is on the wire even when zero; not so pointers and what is nil in Go (bytes, lists in a message of their own). */
function isAlwaysWritten(field: WireField): boolean {
  return !field.pointer && field.shape.op !== 'bytes' && field.shape.op !== 'list';
}

function writeList(writer: BackwardWriter, field: WireField, list: readonly unknown[]): void {
  for (let index = list.length - 1; index >= 0; index--) writeElement(writer, field, field.tag, list[index] ?? undefined);
}

/** Entries in order of key, as Go writes them. */
function writeMap(writer: BackwardWriter, field: WireField, map: Members): void {
  const keys = Object.keys(map);
  if (keys.length > 1) keys.sort(byCodePoint);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] as string;
    writeDelimited(writer, field.tag, () => {
      writeElement(writer, field, (2 << 3) | valueWireType(field), map[key] ?? undefined);
      writer.string(key);
      writer.byte((1 << 3) | delimited);
    });
  }
}

function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function writeDelimited(writer: BackwardWriter, tag: number, body: () => void): void {
  const before = writer.length;
  body();
  writer.varint(writer.length - before);
  writer.varint(tag);
}

function writeElement(writer: BackwardWriter, field: FieldShape, tag: number, value: unknown): void {
  const { shape } = field;
  switch (shape.op) {
    case 'string':
      writer.string((value as string | undefined) ?? '');
      break;
    case 'bool':
      writer.byte(value === true ? 1 : 0);
      break;
    case 'int32':
    case 'int64':
      writer.int64((value as number | undefined) ?? 0);
      break;
    case 'double':
      writer.double((value as number | undefined) ?? 0);
      break;
    case 'bytes':
      writeBytes(writer, fromBase64((value as string | undefined) ?? ''));
      break;
    default:
      writeDelimited(writer, tag, () => writeForm(writer, shape, value));
      return;
  }
  writer.varint(tag);
}

function writeBytes(writer: BackwardWriter, bytes: Uint8Array): void {
  writer.bytes(bytes);
  writer.varint(bytes.length);
}

/** The body of a message, whatever its JSON form. */
function writeForm(writer: BackwardWriter, shape: Shape, value: unknown): void {
  switch (shape.op) {
    case 'object':
      writeMembers(writer, shape, (value as Members | undefined) ?? {});
      return;
    case 'any':
      // Bytes are JSON already.
      if (value !== undefined) writeNumbered(writer, 1, () => writeBytes(writer, value instanceof Uint8Array ? value : utf8.encode(JSON.stringify(value))));
      return;
    case 'time':
    case 'micro-time':
      writeTime(writer, shape.op, value as string | undefined);
      return;
    case 'duration':
      writer.int64(parseDuration((value as string | undefined) ?? '0s') ?? 0n);
      writer.byte(1 << 3);
      return;
    case 'quantity':
      writeNumbered(writer, 1, () => writer.string(value === undefined ? '0' : String(value as string | number)));
      return;
    case 'int-or-string':
      writeIntOrString(writer, value as number | string | undefined);
      return;
    case 'list':
      writeMembers(writer, shape, { items: value });
      return;
    default:
      writeMembers(writer, shape, unionMembers(shape, value));
  }
}

function writeNumbered(writer: BackwardWriter, number: number, body: () => void): void {
  body();
  writer.byte((number << 3) | delimited);
}

/** Seconds and nanoseconds since the epoch; nothing at all for the zero time. */
function writeTime(writer: BackwardWriter, op: 'time' | 'micro-time', value: string | undefined): void {
  const at = value === undefined ? undefined : parseTime(value);
  if (at === undefined || value === undefined) return;
  const micros = op === 'time' ? 0 : Number((/\.(\d{1,6})/.exec(value)?.[1] ?? '').padEnd(6, '0'));
  writer.int64(micros * 1000);
  writer.byte(2 << 3);
  writer.int64(Math.floor(at / 1000));
  writer.byte(1 << 3);
}

function writeIntOrString(writer: BackwardWriter, value: number | string | undefined): void {
  writer.string(typeof value === 'string' ? value : '');
  writer.byte((3 << 3) | delimited);
  writer.int64(typeof value === 'number' ? value : 0);
  writer.byte(2 << 3);
  writer.byte(typeof value === 'string' ? 1 : 0);
  writer.byte(1 << 3);
}

/** Members of the message behind a schema-or-something. */
function unionMembers(shape: Shape, value: unknown): Members {
  const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (shape.op === 'schema-or-bool') return isSchema ? { Allows: true, Schema: value } : { Allows: value };
  if (isSchema) return { Schema: value };
  return shape.op === 'schema-or-array' ? { JSONSchemas: value } : { Property: value };
}

const utf8 = new TextEncoder();
