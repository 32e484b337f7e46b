import type { KeyValue } from './types.ts';

/**
 * The bytes kept for a revision: the protobuf message mvccpb.KeyValue (fields key 1, create_revision 2,
 * mod_revision 3, version 4, value 5, lease 6; zero fields left out), as in etcd's own files, so that hashes of
 * both are equal.
 */
export function encodeKeyValue(kv: KeyValue): Uint8Array {
  const out = Buffer.allocUnsafe(kv.key.length + kv.value.length + 64);
  let at = bytesField(out, 0, 0x0a, kv.key);
  at = intField(out, at, 0x10, kv.createRevision);
  at = intField(out, at, 0x18, kv.modRevision);
  at = intField(out, at, 0x20, kv.version);
  at = bytesField(out, at, 0x2a, kv.value);
  at = intField(out, at, 0x30, kv.lease);
  return out.subarray(0, at);
}

/** Thrown for bytes that are not a key-value: the file they come from is damaged. */
export class CorruptKeyValueError extends Error {
  override readonly name = 'CorruptKeyValueError';
}

/** The result holds views into `bytes`. */
export function decodeKeyValue(bytes: Uint8Array): KeyValue {
  const kv: KeyValue = { key: empty, createRevision: 0n, modRevision: 0n, version: 0n, value: empty, lease: 0n };
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = readVarint(cursor);
    switch (tag) {
      case 0x0a:
        kv.key = readBytes(cursor);
        break;
      case 0x10:
        kv.createRevision = BigInt(readVarint(cursor));
        break;
      case 0x18:
        kv.modRevision = BigInt(readVarint(cursor));
        break;
      case 0x20:
        kv.version = BigInt(readVarint(cursor));
        break;
      case 0x2a:
        kv.value = readBytes(cursor);
        break;
      case 0x30:
        kv.lease = readInt64(cursor);
        break;
      default:
        throw new CorruptKeyValueError(`unknown field tag ${tag}`);
    }
  }
  return kv;
}

const empty = new Uint8Array(0);

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function bytesField(out: Uint8Array, start: number, tag: number, value: Uint8Array): number {
  if (value.length === 0) return start;
  let at = start;
  out[at++] = tag;
  at = varint(out, at, value.length);
  out.set(value, at);
  return at + value.length;
}

function intField(out: Uint8Array, at: number, tag: number, value: bigint): number {
  if (value === 0n) return at;
  out[at] = tag;
  if (value > 0n && value <= 0x1f_ffff_ffff_ffffn) return varint(out, at + 1, Number(value));
  let rest = BigInt.asUintN(64, value);
  let next = at + 1;
  while (rest >= 0x80n) {
    out[next++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out[next++] = Number(rest);
  return next;
}

function varint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
  return at;
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 8; count++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new CorruptKeyValueError('ends inside a number');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
  throw new CorruptKeyValueError('number too long');
}

function readInt64(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new CorruptKeyValueError('ends inside a number');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, value);
  }
  throw new CorruptKeyValueError('number too long');
}

function readBytes(cursor: Cursor): Uint8Array {
  const length = readVarint(cursor);
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new CorruptKeyValueError('ends inside a field');
  const value = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return value;
}
