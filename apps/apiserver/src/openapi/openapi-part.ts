import { encodeOpenApiV2, type OpenApiPiece } from '@rhythm/api';
import { deepEqual } from '../registry/deep-equal.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of a document of OpenAPI v2: what belongs to one server's group versions. */
export interface OpenApiPart {
  readonly paths: Json;
  readonly definitions: Json;
}

type WholeDocument = Parameters<typeof encodeOpenApiV2>[0];

const reference = '#/definitions/';
const gvkExtension = 'x-kubernetes-group-version-kind';

/**
 * What of a server's document is about these group versions: their paths, and the definitions that they or the kinds of theirs need; all else
 * of it is not for this cluster. @throws when it is no such document, or has what no client could read.
 */
export function partOf(document: unknown, served: ReadonlyArray<{ readonly group: string; readonly version: string }>): OpenApiPart {
  const { swagger, paths, definitions } = record(document);
  if (swagger !== '2.0') throw new Error('it is no document of OpenAPI 2.0');
  const prefixes = served.map(({ group, version }) => (group === '' ? `/api/${version}/` : `/apis/${group}/${version}/`));
  const own = Object.entries(record(paths)).filter(([path]) => prefixes.some((prefix) => `${path}/`.startsWith(prefix)));
  const all = new Map(Object.entries(record(definitions)));
  const needed = new Set([...all].filter(([, definition]) => isOfThese(definition, served)).map(([name]) => name));
  const queue: unknown[] = [Object.fromEntries(own), ...[...needed].map((name) => all.get(name))];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const name of referencesIn(next)) {
      if (needed.has(name) || !all.has(name)) continue;
      needed.add(name);
      queue.push(all.get(name));
    }
  }
  const part = { paths: Object.fromEntries(own), definitions: Object.fromEntries([...all].filter(([name]) => needed.has(name))) };
  // What could not be written down would keep everybody from all documents.
  encodeOpenApiV2({ swagger: '2.0', info: { title: '', version: '' }, ...part } as WholeDocument);
  return part;
}

/**
 * What the parts of other servers add to our document, one member after the other. Our own paths and definitions stay; another definition of the same
 * name gets a new one.
 * @param own the member of ours that has a name.
 */
export function* placed(parts: readonly OpenApiPart[], own: (name: string) => unknown): Generator<OpenApiPiece, void, undefined> {
  const paths = new Map<string, unknown>();
  const definitions = new Map<string, unknown>();
  const member = (name: string): unknown => definitions.get(name) ?? own(name);
  for (const part of parts) {
    const renamed = new Map<string, string>();
    for (const [name, definition] of Object.entries(part.definitions)) {
      const ours = member(name);
      if (ours !== undefined && !deepEqual(ours, definition)) renamed.set(name, freeName(name, member, part.definitions));
    }
    for (const [name, definition] of Object.entries(part.definitions)) {
      const placedName = renamed.get(name) ?? name;
      if (member(placedName) === undefined) definitions.set(placedName, withNames(definition, renamed));
    }
    for (const [path, item] of Object.entries(part.paths)) if (!paths.has(path) && own(path) === undefined) paths.set(path, withNames(item, renamed));
  }
  for (const [name, value] of paths) yield { place: 'paths', name, value: record(value) };
  for (const [name, value] of definitions) yield { place: 'definitions', name, value: record(value) };
}

/** The same in OpenAPI 3.0, for servers that only know the older form. */
export function asV3(part: OpenApiPart): object {
  const schemas = (value: unknown): unknown => mapped(value, (text) => (text.startsWith(reference) ? `#/components/schemas/${text.slice(reference.length)}` : text));
  const paths = Object.entries(part.paths).map(([path, item]) => [path, Object.fromEntries(Object.entries(record(item)).map(([key, value]) => [key, key === 'parameters' ? parametersOf(value, schemas) : operationOf(value, schemas)]))] as const);
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'unversioned' }, paths: Object.fromEntries(paths), components: { schemas: schemas(part.definitions) } };
}

const parameterFields = new Set(['name', 'in', 'description', 'required']);
const types = 'application/json';

function parametersOf(value: unknown, schemas: (value: unknown) => unknown): object[] {
  return list(value).map(record).filter((one) => one['in'] !== 'body').map((one) => {
    const kept = Object.entries(one).filter(([key]) => parameterFields.has(key));
    const schema = Object.entries(one).filter(([key]) => !parameterFields.has(key) && key !== 'collectionFormat');
    return { ...Object.fromEntries(kept), schema: schemas(Object.fromEntries(schema)) };
  });
}

function operationOf(value: unknown, schemas: (value: unknown) => unknown): object {
  const { parameters, responses, consumes: _consumes, produces: _produces, schemes: _schemes, ...rest } = record(value);
  const body = list(parameters).map(record).find((one) => one['in'] === 'body');
  const answers = Object.entries(record(responses)).map(([code, answer]) => {
    const { schema, ...more } = record(answer);
    return [code, schema === undefined ? more : { ...more, content: { [types]: { schema: schemas(schema) } } }] as const;
  });
  return {
    ...rest,
    ...(parameters === undefined ? {} : { parameters: parametersOf(parameters, schemas) }),
    ...(body === undefined ? {} : { requestBody: { content: { [types]: { schema: schemas(body['schema']) } } } }),
    responses: Object.fromEntries(answers),
  };
}

function isOfThese(definition: unknown, served: ReadonlyArray<{ readonly group: string; readonly version: string }>): boolean {
  return list(record(definition)[gvkExtension]).map(record).some((gvk) => served.some(({ group, version }) => gvk['group'] === group && gvk['version'] === version));
}

function referencesIn(value: unknown): string[] {
  const found: string[] = [];
  mapped(value, (text) => {
    if (text.startsWith(reference)) found.push(text.slice(reference.length));
    return text;
  });
  return found;
}

function withNames(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (renamed.size === 0) return value;
  return mapped(value, (text) => (text.startsWith(reference) ? reference + (renamed.get(text.slice(reference.length)) ?? text.slice(reference.length)) : text));
}

/** A copy in which each `$ref` is what `change` makes of it. */
function mapped(value: unknown, change: (reference: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => mapped(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === '$ref' && typeof inner === 'string' ? change(inner) : mapped(inner, change)]));
}

function freeName(name: string, taken: (name: string) => unknown, also: Json): string {
  for (let n = 2; ; n++) if (taken(`${name}_v${n}`) === undefined && !Object.hasOwn(also, `${name}_v${n}`)) return `${name}_v${n}`;
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
