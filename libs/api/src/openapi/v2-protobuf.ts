import { BackwardWriter } from '../codec/writer.ts';
import type { OpenApiV2 } from './documents.ts';
import type { OpenApiPiece } from './pieces.ts';

/** What kubectl accepts. `@` may not stand in a media type, so that the answer goes by another name. */
export const openApiV2Accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
export const openApiV2ContentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

type Members = Readonly<Record<string, unknown>>;
type Body = (writer: BackwardWriter, value: Members) => void;

/**
 * The document in protobuf, package `openapi.v2` of gnostic-models. Only what our documents hold is written. Fields go backwards,
 * as the writer does: the last number first. Extensions are YAML texts; JSON is YAML.
 */
export function encodeOpenApiV2(document: OpenApiV2): Uint8Array {
  const writer = new BackwardWriter();
  const { swagger, info, paths, definitions } = document;
  message(writer, 9, (w) => named(w, 1, definitions, schema));
  message(writer, 8, (w) => named(w, 2, paths, pathItem));
  message(writer, 2, (w) => {
    text(w, 2, info.version);
    text(w, 1, info.title);
  });
  text(writer, 1, swagger);
  return writer.finish();
}

/** One member of the list of paths or of definitions: one after the other, they are the list. */
export function encodeOpenApiV2Member({ place, name, value }: OpenApiPiece): Uint8Array {
  const writer = new BackwardWriter();
  if (place === 'paths') named(writer, 2, { [name]: value }, pathItem);
  else named(writer, 1, { [name]: value }, schema);
  return writer.finish();
}

/** What stands before the list of paths of so many bytes, and between it and the list of definitions, which ends the document. */
export function openApiV2Frame({ swagger, info }: Pick<OpenApiV2, 'swagger' | 'info'>, pathsBytes: number, definitionsBytes: number): { readonly head: Uint8Array; readonly middle: Uint8Array } {
  const head = new BackwardWriter();
  head.varint(pathsBytes);
  tag(head, 8, 2);
  message(head, 2, (w) => {
    text(w, 2, info.version);
    text(w, 1, info.title);
  });
  text(head, 1, swagger);
  const middle = new BackwardWriter();
  middle.varint(definitionsBytes);
  tag(middle, 9, 2);
  return { head: head.finish(), middle: middle.finish() };
}

function tag(writer: BackwardWriter, number: number, wireType: number): void {
  writer.varint((number << 3) | wireType);
}

function message(writer: BackwardWriter, number: number, body: (writer: BackwardWriter) => void): void {
  const before = writer.length;
  body(writer);
  writer.varint(writer.length - before);
  tag(writer, number, 2);
}

function text(writer: BackwardWriter, number: number, value: unknown): void {
  if (typeof value !== 'string' || value === '') return;
  writer.string(value);
  tag(writer, number, 2);
}

function texts(writer: BackwardWriter, number: number, value: unknown): void {
  if (Array.isArray(value)) for (const item of (value as unknown[]).toReversed()) text(writer, number, item);
}

function flag(writer: BackwardWriter, number: number, value: unknown): void {
  if (value !== true) return;
  writer.byte(1);
  tag(writer, number, 0);
}

function integer(writer: BackwardWriter, number: number, value: unknown): void {
  if (typeof value !== 'number') return;
  writer.int64(value);
  tag(writer, number, 0);
}

function double(writer: BackwardWriter, number: number, value: unknown): void {
  if (typeof value !== 'number') return;
  writer.double(value);
  tag(writer, number, 1);
}

/** `Any`: a YAML text. */
function any(writer: BackwardWriter, number: number, value: unknown): void {
  if (value !== undefined) message(writer, number, (w) => text(w, 2, JSON.stringify(value)));
}

/** A list of name and value, in order. */
function named(writer: BackwardWriter, number: number, members: unknown, body: Body): void {
  if (members === undefined) return;
  for (const [name, value] of Object.entries(members as Members).toReversed()) {
    message(writer, number, (w) => {
      message(w, 2, (inner) => body(inner, value as Members));
      text(w, 1, name);
    });
  }
}

function extensions(writer: BackwardWriter, number: number, members: Members): void {
  for (const [name, value] of Object.entries(members).toReversed()) {
    if (!name.startsWith('x-')) continue;
    message(writer, number, (w) => {
      any(w, 2, value);
      text(w, 1, name);
    });
  }
}

function schema(writer: BackwardWriter, value: Members): void {
  extensions(writer, 31, value);
  if (value['properties'] !== undefined) message(writer, 25, (w) => named(w, 1, value['properties'], schema));
  for (const part of ((value['allOf'] ?? []) as Members[]).toReversed()) message(writer, 24, (w) => schema(w, part));
  if (value['items'] !== undefined) message(writer, 23, (w) => message(w, 1, (inner) => schema(inner, value['items'] as Members)));
  if (value['type'] !== undefined) message(writer, 22, (w) => text(w, 1, value['type']));
  if (value['additionalProperties'] !== undefined) message(writer, 21, (w) => message(w, 1, (inner) => schema(inner, value['additionalProperties'] as Members)));
  for (const item of ((value['enum'] ?? []) as unknown[]).toReversed()) any(writer, 20, item);
  texts(writer, 19, value['required']);
  integer(writer, 18, value['minProperties']);
  integer(writer, 17, value['maxProperties']);
  flag(writer, 16, value['uniqueItems']);
  integer(writer, 15, value['minItems']);
  integer(writer, 14, value['maxItems']);
  text(writer, 13, value['pattern']);
  integer(writer, 12, value['minLength']);
  integer(writer, 11, value['maxLength']);
  flag(writer, 10, value['exclusiveMinimum']);
  double(writer, 9, value['minimum']);
  flag(writer, 8, value['exclusiveMaximum']);
  double(writer, 7, value['maximum']);
  double(writer, 6, value['multipleOf']);
  any(writer, 5, value['default']);
  text(writer, 4, value['description']);
  text(writer, 3, value['title']);
  text(writer, 2, value['format']);
  text(writer, 1, value['$ref']);
}

const methods: readonly (readonly [string, number])[] = [['patch', 8], ['delete', 5], ['post', 4], ['put', 3], ['get', 2]];

function pathItem(writer: BackwardWriter, value: Members): void {
  parameters(writer, 9, value['parameters']);
  for (const [method, number] of methods) {
    const found = value[method] as Members | undefined;
    if (found !== undefined) message(writer, number, (w) => operation(w, found));
  }
}

function operation(writer: BackwardWriter, value: Members): void {
  extensions(writer, 13, value);
  message(writer, 9, (w) => named(w, 1, value['responses'], (inner, response) => message(inner, 1, (body) => answer(body, response))));
  parameters(writer, 8, value['parameters']);
  texts(writer, 7, value['consumes']);
  texts(writer, 6, value['produces']);
  text(writer, 5, value['operationId']);
}

function answer(writer: BackwardWriter, value: Members): void {
  if (value['schema'] !== undefined) message(writer, 2, (w) => message(w, 1, (inner) => schema(inner, value['schema'] as Members)));
  text(writer, 1, value['description']);
}

function parameters(writer: BackwardWriter, number: number, list: unknown): void {
  for (const one of ((list ?? []) as Members[]).toReversed()) message(writer, number, (w) => message(w, 1, (inner) => parameter(inner, one)));
}

/** `Parameter`: a body, or one of the others, each with a message of its own. */
function parameter(writer: BackwardWriter, value: Members): void {
  if (value['in'] === 'body') {
    message(writer, 1, (w) => {
      message(w, 5, (inner) => schema(inner, value['schema'] as Members));
      flag(w, 4, value['required']);
      text(w, 3, 'body');
      text(w, 2, value['name']);
    });
    return;
  }
  const query = value['in'] === 'query';
  message(writer, 2, (other) =>
    message(other, query ? 3 : 4, (w) => {
      flag(w, query ? 20 : 19, value['uniqueItems']);
      text(w, query ? 6 : 5, value['type']);
      text(w, 4, value['name']);
      text(w, 3, value['description']);
      text(w, 2, value['in']);
      flag(w, 1, value['required']);
    }),
  );
}
