import { parseTime, seededRandom } from '@rhythm/base';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../decode/decode-object.ts';
import { canonicalise } from '../schema/canonicalise.ts';
import type { SchemaNode } from '../schema/node.ts';
import { shapeOf } from '../schema/shape.ts';
import { builtInKinds, schemaFor, schemaOfMessage } from '../schema/table.ts';
import { decodeProtobuf, encodeProtobuf, encodeProtobufMessage, hasProtobuf, protobufContentType } from './protobuf.ts';
import { randomMembers } from './random-object.ts';

/*
 * The independent codec is protobufjs on proto/k8s. What it reads from our bytes is compared, field by field, with the JSON that
 * went in, following the JSON names and inlining in the options of the .proto files and nothing of our own table.
 */

const proto = resolve(import.meta.dirname, '../../../../proto');
const descriptors = createRequire(import.meta.url).resolve('protobufjs/google/protobuf/descriptor.proto');
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith('google/') ? descriptors : target.startsWith('/') ? target : join(proto, target));
const files = readdirSync(join(proto, 'k8s'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.proto'));
root.loadSync(files.map((name) => `k8s/${name}`), { keepCase: true });

type Plain = Record<string, unknown>;
interface Facts {
  readonly json?: string;
  readonly inline?: boolean;
}

function factsOf(field: protobuf.Field): Facts {
  const parsed = (field.parsedOptions ?? []) as unknown as { '(rhythm.k8s.field)'?: Facts }[];
  return Object.assign({}, ...parsed.map((option) => option['(rhythm.k8s.field)'])) as Facts;
}

/** The JSON form of what protobufjs has read, without zero values and empty lists: these the two sides write differently. */
function jsonOf(type: protobuf.Type, message: Plain): unknown {
  const special = specialForm(type.fullName, message);
  if (special !== undefined) return special.value;
  const result: Plain = {};
  for (const field of type.fieldsArray) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    const { json = field.name, inline = false } = factsOf(field);
    if (inline) Object.assign(result, jsonOf(field.resolvedType as protobuf.Type, value as Plain));
    else result[json] = fieldJson(field, value);
  }
  return result;
}

function fieldJson(field: protobuf.Field, value: unknown): unknown {
  const one = (item: unknown): unknown => {
    if (field.resolvedType instanceof protobuf.Type) return jsonOf(field.resolvedType, item as Plain);
    if (field.type === 'int64') return Number(item);
    return item;
  };
  if (field.map) return Object.fromEntries(Object.entries(value as Plain).map(([key, item]) => [key, one(item)]));
  return field.repeated ? (value as unknown[]).map(one) : one(value);
}

function specialForm(name: string, message: Plain): { value: unknown } | undefined {
  const text = (key: string): string => message[key] as string;
  const raw = (): unknown => {
    const bytes = (message['raw'] ?? message['Raw'] ?? '') as string;
    return bytes === '' ? null : JSON.parse(Buffer.from(bytes, 'base64').toString());
  };
  const schemaOr = (other: string): unknown => (message['schema'] === undefined ? fieldOr(message[other]) : jsonOf(schemaType(), message['schema'] as Plain));
  switch (name.split('.').at(-1)) {
    case 'Time':
    case 'MicroTime':
      return { value: message['seconds'] === undefined ? null : Number(message['seconds']) * 1e6 + Math.floor(Number(message['nanos']) / 1000) };
    case 'Duration':
      return { value: Number(message['duration']) };
    case 'Quantity':
      return { value: text('string') };
    case 'IntOrString':
      return { value: Number(message['type']) === 1 ? text('strVal') : message['intVal'] };
    case 'ExtraValue':
    case 'Verbs':
      return { value: message['items'] };
    case 'RawExtension':
    case 'FieldsV1':
    case 'JSON':
      return { value: raw() };
    case 'JSONSchemaPropsOrArray':
      return { value: message['schema'] === undefined ? ((message['jSONSchemas'] ?? []) as Plain[]).map((item) => jsonOf(schemaType(), item)) : schemaOr('') };
    case 'JSONSchemaPropsOrBool':
      return { value: schemaOr('allows') };
    case 'JSONSchemaPropsOrStringArray':
      return { value: schemaOr('property') };
    default:
      return undefined;
  }
}

function fieldOr(value: unknown): unknown {
  return value ?? [];
}

function schemaType(): protobuf.Type {
  return root.lookupType('k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
}

/** Microseconds for times, nanoseconds for durations; zero values and what is empty dropped, kind and apiVersion of roots too. */
function bare(node: SchemaNode | undefined, value: unknown): unknown {
  if (node?.scalar === 'time' || node?.scalar === 'micro-time') return typeof value === 'string' ? (parseTime(value) ?? Number.NaN) * 1000 + Number((/\.\d{3}(\d{3})/.exec(value) ?? ['', '0'])[1]) : value;
  if (node?.scalar === 'duration') return { '0s': 0, '1h2m3s': 3723e9, '1.5s': 15e8, '-300ms': -3e8 }[value as string] ?? value;
  if (node?.proto?.form?.startsWith('schema-or') === true) {
    const schema = schemaOfMessage(schemaType().fullName.slice(1));
    return Array.isArray(value) ? value.map((item) => bare(schema, item)) : bare(schema, value);
  }
  if (Array.isArray(value)) return value.map((item) => bare(node?.items, item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => node?.proto?.typeMeta !== true || (key !== 'kind' && key !== 'apiVersion'));
  const kept = entries.map(([key, item]): [string, unknown] => [key, bare(node?.properties?.get(key) ?? node?.additionalProperties, item)]);
  return Object.fromEntries(node?.additionalProperties === undefined && node?.proto !== undefined ? kept.filter(([, item]) => !isZero(item)) : kept);
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false || value === '0' || Number.isNaN(value)) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const kinds = builtInKinds().flatMap((gvk) => {
  const schema = schemaFor(gvk.group, gvk.version, gvk.kind);
  return schema !== undefined && hasProtobuf(schema) ? [{ gvk, schema, name: `${gvk.group}/${gvk.version} ${gvk.kind}` }] : [];
});

/** A failure names its seed; RHYTHM_SEED begins there, RHYTHM_RUNS says how many objects of each kind there are. */
const firstSeed = Number(process.env['RHYTHM_SEED'] ?? 1);
const rounds = Number(process.env['RHYTHM_RUNS'] ?? 4);

describe('random objects of every kind', () => {
  it.each(kinds)('$name', ({ gvk, schema }) => {
    const type = root.lookupType(schema.proto?.message ?? '');
    for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
      const random = seededRandom(seed * 7919 + gvk.kind.length + gvk.group.length);
      const head = schema.proto?.typeMeta === true ? { kind: gvk.kind, apiVersion: gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}` } : {};
      const object = canonicalise(schema, { ...randomMembers(shapeOf(schema), random), ...head });
      const bytes = encodeProtobuf(gvk, object);
      expect(decodeProtobuf(bytes, gvk).object, `RHYTHM_SEED=${seed}`).toEqual(object);
      const read = type.toObject(type.decode(encodeProtobufMessage(schema, object)), { longs: String, bytes: String }) as Plain;
      expect(bare(schema, jsonOf(type, read)), `RHYTHM_SEED=${seed}`).toEqual(bare(schema, object));
    }
  });
});

describe('one object through the doors for JSON and for protobuf', () => {
  // A reference has a kind of its own, which is that of something else.
  it.each(kinds.filter(({ schema }) => schema.proto?.typeMeta === true))('$name', ({ gvk, schema }) => {
    const random = seededRandom(firstSeed + gvk.kind.length);
    const head = { kind: gvk.kind, apiVersion: gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}` };
    const object = canonicalise(schema, { ...randomMembers(shapeOf(schema), random), ...head });
    // Protobuf has no fields that nobody knows: those of JSON must not show in what is stored either.
    const text = JSON.stringify({ nobodyKnows: { deep: [1] }, ...object, __other: 'x' });
    const fromJson = decodeObject(Buffer.from(text), 'application/json', { expected: gvk, canonical: true, fieldValidation: 'Warn' });
    const fromProtobuf = decodeObject(encodeProtobuf(gvk, object), protobufContentType, { expected: gvk, canonical: true });
    expect(fromJson.warnings).toEqual(expect.arrayContaining(['unknown field "nobodyKnows"', 'unknown field "__other"']));
    expect(canonicalise(schema, fromJson.object), `RHYTHM_SEED=${firstSeed}`).toEqual(canonicalise(schema, fromProtobuf.object));
    expect(encodeProtobuf(gvk, fromJson.object)).toEqual(encodeProtobuf(gvk, fromProtobuf.object));
  });
});
