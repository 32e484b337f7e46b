import { Reader } from './reader.ts';
import { BackwardWriter } from './writer.ts';

/** The four bytes in front of every Kubernetes object in protobuf. */
const magic = [0x6b, 0x38, 0x73, 0x00];

/** `runtime.Unknown`: what an object is, and its message. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly contentEncoding: string;
  readonly contentType: string;
}

export function hasMagic(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
}

/** Throws `ProtobufError`. The bytes begin with the magic. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  const reader = new Reader(bytes, magic.length);
  let [apiVersion, kind, contentEncoding, contentType] = ['', '', '', ''];
  let raw: Uint8Array = new Uint8Array();
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) [apiVersion, kind] = readTypeMeta(reader.message());
    else if (tag === 0x12) raw = reader.bytes();
    else if (tag === 0x1a) contentEncoding = reader.string();
    else if (tag === 0x22) contentType = reader.string();
    else reader.skip(tag & 7);
  }
  return { apiVersion, kind, raw, contentEncoding, contentType };
}

function readTypeMeta(reader: Reader): [string, string] {
  let apiVersion = '';
  let kind = '';
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) apiVersion = reader.string();
    else if (tag === 0x12) kind = reader.string();
    else reader.skip(tag & 7);
  }
  return [apiVersion, kind];
}

/** Magic, then the envelope around a message. */
export function sealEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const writer = new BackwardWriter();
  for (const tag of [0x22, 0x1a]) {
    writer.string('');
    writer.byte(tag);
  }
  writer.bytes(raw);
  writer.varint(raw.length);
  writer.byte(0x12);
  const before = writer.length;
  writer.string(kind);
  writer.byte(0x12);
  writer.string(apiVersion);
  writer.byte(0x0a);
  writer.varint(writer.length - before);
  writer.byte(0x0a);
  writer.bytes(Uint8Array.from(magic));
  return writer.finish();
}
