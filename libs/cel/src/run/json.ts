import type { Type } from '../check/type.ts';
import { parseDuration, parseTimestamp } from '../standard/time-text.ts';
import { EvaluationError } from './error.ts';
import { unescapeName } from './name.ts';
import { AssociativeList, Duration, intMax, intMin, isList, isMap, ObjectValue, Optional, Timestamp, typeNameOf, Uint, type MapKey, type Value } from './value.ts';

/** JSON as parsed. */
export type Json = unknown;

/**
 * A JSON value as a value of `type`; whatever the type does not name is left out of objects. Numbers of unknown type are
 * ints when they are whole. Throws `EvaluationError` when the value is none of the type: validation comes first.
 */
export function toCel(json: Json, type: Type): Value {
  if (json === null || json === undefined) return null;
  switch (type.kind) {
    case 'int':
      return typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : mismatch(json, type);
    case 'double':
      return typeof json === 'number' ? json : mismatch(json, type);
    case 'bool':
      return typeof json === 'boolean' ? json : mismatch(json, type);
    case 'string':
      return typeof json === 'string' ? json : mismatch(json, type);
    case 'bytes':
      return typeof json === 'string' ? Uint8Array.from(atob(json), (character) => character.charCodeAt(0)) : mismatch(json, type);
    case 'timestamp':
      return new Timestamp(typeof json === 'string' ? (parseTimestamp(json) ?? mismatch(json, type)) : mismatch(json, type));
    case 'duration':
      return new Duration(typeof json === 'string' ? (parseDuration(json) ?? mismatch(json, type)) : mismatch(json, type));
    case 'list':
      return Array.isArray(json) ? listValue(json.map((item: Json) => toCel(item, type.of)), type.keyFields) : mismatch(json, type);
    case 'map':
      return isObject(json) ? new Map(Object.entries(json).map(([key, value]) => [key, toCel(value, type.value)])) : mismatch(json, type);
    case 'object':
      return isObject(json) ? objectValue(json, type) : mismatch(json, type);
    default:
      return untyped(json);
  }
}

const isObject = (json: Json): json is Readonly<Record<string, Json>> => typeof json === 'object' && json !== null && !Array.isArray(json);

function listValue(items: readonly Value[], keyFields: readonly string[] | undefined): Value {
  return keyFields === undefined ? items : new AssociativeList(keyFields, items);
}

function objectValue(json: Readonly<Record<string, Json>>, type: Extract<Type, { kind: 'object' }>): ObjectValue {
  const fields = new Map<string, Value>();
  for (const [name, fieldType] of type.fields) {
    const property = unescapeName(name) ?? name;
    if (Object.hasOwn(json, property) && json[property] !== undefined) fields.set(name, toCel(json[property], fieldType));
  }
  return new ObjectValue(type.name, fields);
}

function untyped(json: Json): Value {
  switch (typeof json) {
    case 'string':
    case 'boolean':
      return json;
    case 'number':
      return Number.isSafeInteger(json) ? BigInt(json) : json;
    case 'object':
      if (json === null) return null;
      if (Array.isArray(json)) return json.map(untyped);
      return new Map(Object.entries(json).map(([key, value]) => [key, untyped(value)]));
    default:
      return null;
  }
}

function mismatch(json: Json, type: Type): never {
  throw new EvaluationError(`expected ${type.kind}, got ${Array.isArray(json) ? 'list' : typeof json}`);
}

/** A value as JSON: what policies produce. Throws `EvaluationError` for values that JSON has no form for. */
export function fromCel(value: Value): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : fail(value);
  if (typeof value === 'bigint') return whole(value);
  if (value instanceof Uint) return whole(value.value);
  if (value instanceof Optional) return value.value === undefined ? null : fromCel(value.value);
  if (isList(value)) return value.map(fromCel);
  const entries: Iterable<readonly [MapKey, Value]> | undefined = isMap(value) ? value : value instanceof ObjectValue ? value.fields : undefined;
  if (entries === undefined) return fail(value);
  const isTyped = value instanceof ObjectValue;
  return Object.fromEntries([...entries].map(([key, item]) => [isTyped ? (unescapeName(String(key)) ?? String(key)) : String(key), fromCel(item)]));
}

function whole(value: bigint): number {
  if (value < intMin || value > intMax) return fail(value);
  return Number(value);
}

function fail(value: Value): never {
  throw new EvaluationError(`a ${typeNameOf(value)} has no form in JSON`);
}
