import { ApiError, apiVersionOf, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { ManagedFieldsEntry } from '@rhythm/api/types/meta-v1';
import { textOfFields } from './known-fields.ts';

/** First byte of a stored value: what follows is canonical JSON in the storage version. */
const jsonFormat = 1;
const decoder = new TextDecoder();

interface Head {
  readonly text: string;
  readonly bytes: Buffer;
}
const heads = new WeakMap<KindDefinition, Head>();

/** `{"kind":…,"apiVersion":…,"metadata":{`: what every stored object of a kind begins with. */
export function headOf(kind: KindDefinition): Head {
  let head = heads.get(kind);
  if (head === undefined) {
    const text = JSON.stringify({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: {} }).slice(0, -2);
    head = { text, bytes: Buffer.from(text) };
    heads.set(kind, head);
  }
  return head;
}

/** The value to store: the format byte, then the object without its resourceVersion, kind, apiVersion and metadata first, managed fields at the end of these. */
export function encodeStored(kind: KindDefinition, object: KubeObject): Buffer {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _resourceVersion, managedFields, ...meta } = metadata;
  const text = `${headOf(kind).text}${membersText(meta, managedFields)}}${followedBy(JSON.stringify(rest))}`;
  const length = Buffer.byteLength(text);
  const value = Buffer.allocUnsafe(length + 1);
  value[0] = jsonFormat;
  value.write(text, 1);
  return value;
}

/** The members of metadata. What is owned is written by itself: its JSON is known of most objects. */
function membersText(meta: object, managed: readonly ManagedFieldsEntry[] | undefined): string {
  const members = JSON.stringify(meta).slice(1, -1);
  if (managed === undefined) return members;
  const entries = managed.map(entryText).join(',');
  return `${members}${members === '' ? '' : ','}"managedFields":[${entries}]`;
}

function entryText(entry: ManagedFieldsEntry): string {
  const { fieldsV1, subresource, ...others } = entry;
  if (typeof fieldsV1 !== 'object' || fieldsV1 === null) return JSON.stringify(entry);
  const behind = subresource === undefined ? '' : `,"subresource":${JSON.stringify(subresource)}`;
  const before = JSON.stringify(others).slice(0, -1);
  return `${before}${before === '{' ? '' : ','}"fieldsV1":${textOfFields(fieldsV1)}${behind}}`;
}

/** `{…}` as what comes behind other members. */
function followedBy(object: string): string {
  return object === '{}' ? '}' : `,${object.slice(1)}`;
}

/** The object's JSON with its revision as resourceVersion: a copy with the revision spliced in by position. */
export function withRevision(kind: KindDefinition, value: Uint8Array, revision: number): Buffer {
  if (value[0] !== jsonFormat) throw unknownFormat(value);
  const head = headOf(kind).bytes;
  const stored = Buffer.from(value.buffer, value.byteOffset + 1, value.byteLength - 1);
  if (stored.compare(head, 0, head.length, 0, head.length) !== 0) return respell(kind, stored, revision);
  const empty = stored[head.length] === 0x7d;
  const splice = `"resourceVersion":"${revision}"${empty ? '' : ','}`;
  const out = Buffer.allocUnsafe(stored.length + splice.length);
  head.copy(out, 0);
  out.write(splice, head.length, 'latin1');
  stored.copy(out, head.length + splice.length, head.length);
  return out;
}

/**
 * Whether a value to be stored may say what is there already, in whatever order of keys: it has as many bytes, and the same ones.
 * `bytes`: the present object at `revision`, as `withRevision` makes it.
 */
export function mayBeSame(value: Uint8Array, bytes: Uint8Array, revision: number): boolean {
  // The format byte is not there, a resourceVersion with a comma is: every stored object has some metadata.
  const splice = Buffer.from(`"resourceVersion":"${revision}",`);
  return value.length - 1 + splice.length === bytes.length && sumOf(value) - jsonFormat + sumOf(splice) === sumOf(bytes);
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) sum += bytes[at] ?? 0;
  return sum;
}

/** The same body at another revision: for the DELETED event, whose resourceVersion is that of the deletion. */
export function atRevision(kind: KindDefinition, bytes: Uint8Array, oldRevision: number, revision: number): Buffer {
  const head = headOf(kind).bytes;
  const old = `"resourceVersion":"${oldRevision}"`;
  const fresh = `"resourceVersion":"${revision}"`;
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Kept for as long as the history is: not cut from a pool.
  const out = Buffer.allocUnsafeSlow(from.length - old.length + fresh.length);
  from.copy(out, 0, 0, head.length);
  out.write(fresh, head.length, 'latin1');
  from.copy(out, head.length + fresh.length, head.length + old.length);
  return out;
}

/** The object of a stored value, in whatever version it was stored. */
export function decodeStored(value: Uint8Array): KubeObject {
  if (value[0] !== jsonFormat) throw unknownFormat(value);
  const object = parseObject(value.subarray(1));
  object.metadata ??= {};
  return object;
}

export function parseObject(bytes: Uint8Array): KubeObject {
  return JSON.parse(decoder.decode(bytes)) as KubeObject;
}

/** For a value that somebody else wrote in another order of keys. */
function respell(kind: KindDefinition, stored: Buffer, revision: number): Buffer {
  const object = parseObject(stored);
  object.metadata ??= {};
  return withRevision(kind, encodeStored(kind, object), revision);
}

function unknownFormat(value: Uint8Array): ApiError {
  return new ApiError('InternalError', `stored value has the unknown format ${value[0] ?? 'none'}`);
}
