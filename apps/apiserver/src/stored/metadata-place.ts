import type { KindDefinition, KubeObject } from '@rhythm/api';
import { fieldsOfText } from './known-fields.ts';
import { headOf, parseObject } from './stored-form.ts';

/** Where the metadata of an object's JSON stand: the first byte and the one behind the last, and the same of each `fieldsV1` in its managed fields, in order. */
export interface MetadataPlace {
  readonly from: number;
  readonly to: number;
  readonly fields: ReadonlyArray<readonly [from: number, to: number]>;
}

const [quote = 0, backslash, openBrace, closeBrace, colon] = Buffer.from('"\\{}:');
const fieldsKey = Buffer.from('fieldsV1"');
/** Within metadata, of a member of an element of a list. */
const elementDepth = 2;

/** Where they stand in bytes as `withRevision` writes them; `undefined` for bytes of another form. */
export function metadataPlace(kind: KindDefinition, bytes: Uint8Array): MetadataPlace | undefined {
  const head = headOf(kind).bytes;
  if (bytes.length < head.length || head.compare(bytes, 0, head.length) !== 0) return undefined;
  const from = head.length - 1;
  const fields: Array<readonly [number, number]> = [];
  let depth = 0;
  let began = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      const start = at + 1;
      for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
      // Labels and annotations stand as deep, but are texts.
      if (depth === elementDepth && bytes[at + 1] === colon && bytes[at + 2] === openBrace && at - start === fieldsKey.length - 1 && fieldsKey.compare(bytes, start, at + 1) === 0) began = at + 2;
    } else if (byte === openBrace) depth++;
    else if (byte === closeBrace) {
      depth--;
      if (depth === 0) return { from, to: at + 1, fields };
      if (depth === elementDepth && began > 0) {
        fields.push([began, at + 1]);
        began = 0;
      }
    }
  }
  return undefined;
}

/** The object with 0 for each `fieldsV1`: most of what there is to be parsed of many objects, and what hardly anything that is shown looks at. */
export function parseWithoutFields(bytes: Uint8Array, { fields }: MetadataPlace): KubeObject {
  if (fields.length === 0) return parseObject(bytes);
  const bare = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let from = 0;
  for (const [start, end] of fields) {
    bare.set(bytes.subarray(from, start), length);
    length += start - from;
    bare[length++] = zero;
    from = end;
  }
  bare.set(bytes.subarray(from), length);
  return parseObject(bare.subarray(0, length + bytes.length - from));
}

const zero = 0x30;

/** Puts the JSON of each `fieldsV1` that was left out in its place, as bytes; false when they are not where they should be. */
export function putFields(object: KubeObject, bytes: Uint8Array, { fields }: MetadataPlace): boolean {
  let next = 0;
  for (const managed of (object.metadata.managedFields ?? []) as Array<{ fieldsV1?: unknown }>) {
    if (managed.fieldsV1 === undefined) continue;
    const range = fields[next++];
    if (range === undefined || managed.fieldsV1 !== 0) return false;
    managed.fieldsV1 = bytes.subarray(range[0], range[1]);
  }
  return next === fields.length;
}

const decoder = new TextDecoder();

/**
 * The object of bytes as `withRevision` makes them, a copy of the caller's own but for each `fieldsV1`: those are shared and frozen, and parsed once for all
 * objects that are owned alike.
 */
export function parseSharingFields(kind: KindDefinition, bytes: Uint8Array): KubeObject {
  const place = metadataPlace(kind, bytes);
  if (place === undefined || place.fields.length === 0) return parseObject(bytes);
  const object = parseWithoutFields(bytes, place);
  let next = 0;
  for (const managed of (object.metadata.managedFields ?? []) as Array<{ fieldsV1?: unknown }>) {
    if (managed.fieldsV1 === undefined) continue;
    const range = place.fields[next++];
    if (range === undefined || managed.fieldsV1 !== 0) return parseObject(bytes);
    managed.fieldsV1 = fieldsOfText(decoder.decode(bytes.subarray(range[0], range[1])));
  }
  return next === place.fields.length ? object : parseObject(bytes);
}
