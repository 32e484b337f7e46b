import { decodeProtobuf, protobufContentType } from '../codec/protobuf.ts';
import { ProtobufError } from '../codec/reader.ts';
import type { SchemaNode } from '../schema/node.ts';
import { pruneUnknown } from '../schema/prune.ts';
import { schemaFor } from '../schema/table.ts';
import { ApiError } from '../status.ts';
import { MismatchError } from './admit.ts';
import { parseCarefully, syntaxError } from './careful-json.ts';
import { countMembers, isDeeper, scanJson } from './scan.ts';
import { yamlToJson } from './yaml.ts';

/** Largest body taken, in bytes; Kubernetes' own limit is 3 MB. */
export const bodySizeMax = 3 * 1024 * 1024;
/** Deepest nesting taken: above any schema, below what a walk by recursion can hold. */
export const bodyDepthMax = 512;

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface DecodeOptions {
  /** What the body is when it does not say itself. */
  readonly expected?: GroupVersionKind;
  /** Schemas by kind; without it those of the built-in kinds. Return `undefined` for a kind that is not served. */
  readonly resolve?: (group: string, version: string, kind: string) => SchemaNode | undefined;
  /** Strict: unknown and duplicate fields are refused. Warn: they are told in `warnings`. Ignore (the default): they are dropped in silence. */
  readonly fieldValidation?: FieldValidation;
  /** Built-ins come out in the form that Go would write (`canonicalise`), at no cost of its own; told by `isCanonical`. */
  readonly canonical?: boolean;
  /** Bytes; `bodySizeMax` without it. */
  readonly sizeMax?: number;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Decoded<T = Record<string, unknown>> {
  readonly object: T;
  readonly gvk: GroupVersionKind;
  readonly schema: SchemaNode;
  /** The object is in canonical form already. */
  readonly isCanonical: boolean;
  /** With `Warn`: one text for each unknown or duplicate field. */
  readonly warnings: readonly string[];
}

/** A body before its schema has been applied: any JSON object with kind and apiVersion. */
export interface ParsedBody {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

/**
 * The one way in for bodies: bytes of a content type to an object of a known kind, with kind and apiVersion set. Built-ins come
 * out with the right types, known fields and canonical scalars; custom resources with known fields and typed metadata.
 * Throws `ApiError`: RequestEntityTooLarge, UnsupportedMediaType, BadRequest.
 */
export function decodeObject(bytes: Uint8Array, contentType: string, options: DecodeOptions = {}): Decoded {
  checkSize(bytes, options.sizeMax ?? bodySizeMax);
  if (mediaType(contentType) === protobufContentType) return decodeEnveloped(bytes, options.expected);
  const { value, duplicates } = parse(bytes, contentType);
  return decodeParsed(value, duplicates, options);
}

/** Protobuf has no unknown or duplicate fields to tell of. */
function decodeEnveloped(bytes: Uint8Array, expected: GroupVersionKind | undefined): Decoded {
  try {
    return { ...decodeProtobuf(bytes, expected, (json) => parseJson(json).value), isCanonical: false, warnings: [] };
  } catch (thrown) {
    if (thrown instanceof ProtobufError) throw new ApiError('BadRequest', thrown.message, { cause: thrown });
    throw thrown;
  }
}

/** `decodeObject` for a value that is parsed already and belongs to the caller: it is changed in place. */
export function decodeValue(value: unknown, options: DecodeOptions = {}): Decoded {
  if (isDeeper(value, bodyDepthMax)) throw tooDeep();
  return decodeParsed(value, [], options);
}

/** Parses a body without looking at its schema: patches, and admission's raw values. The same limits hold. */
export function parseBody(bytes: Uint8Array, contentType: string): ParsedBody {
  checkSize(bytes, bodySizeMax);
  return parse(bytes, contentType);
}

function parse(bytes: Uint8Array, contentType: string): ParsedBody {
  const type = mediaType(contentType);
  if (type === '' || type === 'application/json' || type.endsWith('+json')) return parseJson(bytes);
  if (type === 'application/yaml' || type === 'application/x-yaml' || type === 'text/yaml' || type.endsWith('+yaml')) return parseJson(yamlToJson(bytes, bodySizeMax));
  throw new ApiError('UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf');
}

/** `application/json` of `application/json; charset=utf-8`. */
export function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: false });

function parseJson(bytes: Uint8Array): ParsedBody {
  const scan = scanJson(bytes);
  if (scan.depth > bodyDepthMax) throw tooDeep();
  const text = utf8.decode(bytes);
  if (scan.wideNumbers) return parseCarefully(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The careful parser words the error as Kubernetes does, without a piece of the body in it.
    parseCarefully(text);
    throw syntaxError('invalid JSON');
  }
  return countMembers(value) === scan.members ? { value, duplicates: [] } : parseCarefully(text);
}

function tooDeep(): ApiError {
  return new ApiError('BadRequest', `the body is nested deeper than ${bodyDepthMax} levels`);
}

function checkSize(bytes: Uint8Array, sizeMax: number): void {
  if (bytes.length > sizeMax) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${sizeMax}`);
}

function decodeParsed(value: unknown, duplicates: readonly string[], options: DecodeOptions): Decoded {
  const { object, gvk } = identify(value, options.expected);
  const schema = (options.resolve ?? schemaFor)(gvk.group, gvk.version, gvk.kind);
  const groupVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
  if (schema === undefined) throw new ApiError('BadRequest', `no kind "${gvk.kind}" is registered for version "${groupVersion}"`);
  const refused = (why: string, cause?: MismatchError): ApiError =>
    new ApiError('BadRequest', `${gvk.kind} in version "${groupVersion}" cannot be handled as a ${gvk.kind}: ${why}`, cause === undefined ? {} : { cause });
  let unknown: readonly string[];
  try {
    unknown = pruneUnknown(schema, object, options.canonical);
  } catch (thrown) {
    if (thrown instanceof MismatchError) throw refused(thrown.message, thrown);
    throw thrown;
  }
  const complaints = [...unknown.map((path) => `unknown field "${path}"`), ...duplicates.map((path) => `duplicate field "${path}"`)];
  if (options.fieldValidation === 'Strict' && complaints.length > 0) throw refused(`strict decoding error: ${complaints.join(', ')}`);
  return { object, gvk, schema, isCanonical: options.canonical === true && schema.proto !== undefined, warnings: options.fieldValidation === 'Warn' ? complaints : [] };
}

function identify(value: unknown, expected: GroupVersionKind | undefined): { object: Record<string, unknown>; gvk: GroupVersionKind } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw syntaxError('cannot unmarshal into Go value of type struct { APIVersion string; Kind string }');
  }
  const object = value as Record<string, unknown>;
  const kind = nameIn(object, 'kind') || expected?.kind;
  const apiVersion = nameIn(object, 'apiVersion') || (expected === undefined ? '' : groupVersionOf(expected));
  if (kind === undefined || kind === '') throw new ApiError('BadRequest', "Object 'Kind' is missing in the body");
  if (apiVersion === '') throw new ApiError('BadRequest', "Object 'apiVersion' is missing in the body");
  const slash = apiVersion.indexOf('/');
  if (slash !== apiVersion.lastIndexOf('/')) throw new ApiError('BadRequest', `unexpected GroupVersion string: ${apiVersion}`);
  object['kind'] = kind;
  object['apiVersion'] = apiVersion;
  return { object, gvk: { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind } };
}

function nameIn(object: Record<string, unknown>, key: 'kind' | 'apiVersion'): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw syntaxError(`cannot unmarshal ${typeof value} into Go struct field .${key} of type string`);
  return value;
}

function groupVersionOf(gvk: GroupVersionKind): string {
  return gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
}
