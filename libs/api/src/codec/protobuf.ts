import { canonicalise } from '../schema/canonicalise.ts';
import type { SchemaNode } from '../schema/node.ts';
import { shapeOf } from '../schema/shape.ts';
import { schemaFor } from '../schema/table.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { hasMagic, openEnvelope, sealEnvelope } from './envelope.ts';
import { ProtobufError } from './reader.ts';

/** The content type of Kubernetes' protobuf. */
export const protobufContentType = 'application/vnd.kubernetes.protobuf';

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * A built-in object as Kubernetes protobuf with its envelope, byte for byte as Go writes it. Throws `ProtobufError` for a kind
 * without protobuf: Table, and every custom resource.
 */
export function encodeProtobuf(gvk: Kind, object: object): Uint8Array {
  const schema = schemaFor(gvk.group, gvk.version, gvk.kind);
  const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  if (schema === undefined) throw new ProtobufError(`no kind "${gvk.kind}" of version "${apiVersion}" has a protobuf form`);
  // A watch event is the one kind that travels without its name.
  return gvk.kind === 'WatchEvent' ? sealEnvelope('', '', encodeProtobufMessage(schema, object)) : sealEnvelope(apiVersion, gvk.kind, encodeProtobufMessage(schema, object));
}

/** The message alone, without magic and envelope: frames of a watch. */
export function encodeProtobufMessage(schema: SchemaNode, object: object): Uint8Array {
  if (schema.proto === undefined || schema.proto.jsonOnly === true) throw new ProtobufError('the kind has no protobuf form');
  return encodeMessage(shapeOf(schema), object as Record<string, unknown>);
}

/** True for kinds that `encodeProtobuf` takes. */
export function hasProtobuf(schema: SchemaNode): boolean {
  return schema.proto !== undefined && schema.proto.jsonOnly !== true;
}

export interface DecodedProtobuf {
  readonly object: Record<string, unknown>;
  readonly gvk: Kind;
  readonly schema: SchemaNode;
}

/**
 * An enveloped object in its canonical JSON shape, with kind and apiVersion. `expected` says what it is when the envelope does not.
 * Throws `ProtobufError`; of raw extensions also what `parseRaw` throws.
 */
export function decodeProtobuf(bytes: Uint8Array, expected?: Kind, parseRaw: (json: Uint8Array) => unknown = parsePlain): DecodedProtobuf {
  return open(bytes, expected, parseRaw, 0);
}

function open(bytes: Uint8Array, expected: Kind | undefined, parseRaw: (json: Uint8Array) => unknown, depth: number): DecodedProtobuf {
  if (!hasMagic(bytes)) throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const { apiVersion, kind, raw, contentEncoding, contentType } = openEnvelope(bytes);
  if (contentEncoding !== '' || (contentType !== '' && contentType !== protobufContentType)) throw new ProtobufError(`the envelope holds ${contentType || contentEncoding}, which is not protobuf`);
  const gvk = kind === '' && apiVersion === '' && expected !== undefined ? expected : kindOf(apiVersion, kind);
  const schema = schemaFor(gvk.group, gvk.version, gvk.kind);
  if (schema === undefined || !hasProtobuf(schema)) throw new ProtobufError(`no kind "${gvk.kind}" is registered for version "${apiVersion}"`);
  return { object: unwrap(schema, raw, gvk, parseRaw, depth), gvk, schema };
}

function unwrap(schema: SchemaNode, raw: Uint8Array, gvk: Kind, parseRaw: (json: Uint8Array) => unknown, depth: number): Record<string, unknown> {
  const head = schema.proto?.typeMeta === true ? { kind: gvk.kind, apiVersion: gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}` } : {};
  const readRaw = (bytes: Uint8Array, at: number): unknown => (hasMagic(bytes) ? open(bytes, undefined, parseRaw, at).object : bytes.length === 0 ? null : parseRaw(bytes));
  const members = decodeMessage(shapeOf(schema), raw, readRaw, depth);
  return canonicalise(schema, Object.assign(head, members));
}

function kindOf(apiVersion: string, kind: string): Kind {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
}

function parsePlain(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(json)) as unknown;
  } catch {
    throw new ProtobufError('a raw extension holds neither JSON nor protobuf');
  }
}
