import { EvaluationError } from './error.ts';

/** An unsigned number; an `int` is a bare bigint. */
export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    if (value < 0n || value > uintMax) throw new EvaluationError('unsigned integer overflow');
    this.value = value;
  }
}

/** Nanoseconds. */
export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < intMin || nanos > intMax) throw new EvaluationError('duration out of range');
    this.nanos = nanos;
  }
}

/** Nanoseconds since 1970 in UTC. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < timestampMin || nanos > timestampMax) throw new EvaluationError('timestamp out of range');
    this.nanos = nanos;
  }
}

/** A value that may be missing. */
export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object with named fields; fields that are not set are not in the map. */
export class ObjectValue {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, Value>;

  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    this.typeName = typeName;
    this.fields = fields;
  }
}

/** A value only its own functions look into. */
export abstract class OpaqueValue {
  abstract readonly typeName: string;

  abstract equals(other: OpaqueValue): boolean;
}

/**
 * A list whose order or position does not matter: `x-kubernetes-list-type` set or map. Elements with the same key are
 * one element. `+` keeps the left's places and adds what is new.
 */
export class AssociativeList extends Array<Value> {
  /** The fields that make the key, as used in expressions; empty for a set. */
  readonly keyFields: readonly string[];

  constructor(keyFields: readonly string[], items: readonly Value[]) {
    super();
    this.keyFields = keyFields;
    for (const item of items) this.push(item);
  }

  /** What `map` and `filter` of JavaScript make is a plain list. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

export type MapKey = string | bigint | boolean;

/** A value of the language. An `int` is a bigint, a `double` a number. Keys of maps that are `uint` are kept as ints. */
export type Value = null | boolean | bigint | number | string | Uint8Array | Uint | Duration | Timestamp | Optional | TypeValue | ObjectValue | OpaqueValue | readonly Value[] | ReadonlyMap<MapKey, Value>;

export const intMin = -(2n ** 63n);
export const intMax = 2n ** 63n - 1n;
export const uintMax = 2n ** 64n - 1n;
/** The years 1 and 9999. */
const timestampMin = -62135596800n * 1_000_000_000n;
const timestampMax = 253402300800n * 1_000_000_000n - 1n;

/** A sum or product of ints. Throws `EvaluationError` on overflow. */
export function int(value: bigint): bigint {
  if (value < intMin || value > intMax) throw new EvaluationError('integer overflow');
  return value;
}

export const isMap = (value: Value): value is ReadonlyMap<MapKey, Value> => value instanceof Map;
export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** The name of a value's type, as `type(x)` and messages show it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
  }
  if (value === null) return 'null_type';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof ObjectValue || value instanceof OpaqueValue) return value.typeName;
  return isList(value) ? 'list' : 'map';
}

/** The key under which a map keeps a value; undefined when it cannot be a key. */
export function mapKey(value: Value): MapKey | undefined {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value instanceof Uint) return value.value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}
