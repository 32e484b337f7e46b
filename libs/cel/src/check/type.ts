/** A static type of the language. Types are compared by `sameType`; object and opaque types by name. */
export type Type =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' | 'null' | 'dyn' | 'type'; readonly bound?: number }
  | ListType
  | MapType
  | ObjectType
  /** A value only its own functions look into, as `kubernetes.Quantity`. */
  | { readonly kind: 'opaque'; readonly name: string; readonly bound?: number }
  | { readonly kind: 'optional'; readonly of: Type; readonly bound?: number }
  | { readonly kind: 'param'; readonly name: string; readonly bound?: number };

export interface ListType {
  readonly kind: 'list';
  readonly of: Type;
  /** Of lists in which order does not matter: what makes elements the same; empty when it is the element itself. */
  readonly keyFields?: readonly string[];
  /** The most elements; of a string: the most characters. Only the estimate of cost reads it. */
  readonly bound?: number;
}

export interface MapType {
  readonly kind: 'map';
  readonly key: Type;
  readonly value: Type;
  readonly bound?: number;
}

export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** By the name used in expressions, see `escapeName`. */
  readonly fields: ReadonlyMap<string, Type>;
  readonly bound?: number;
}

export const boolType: Type = { kind: 'bool' };
export const intType: Type = { kind: 'int' };
export const uintType: Type = { kind: 'uint' };
export const doubleType: Type = { kind: 'double' };
export const stringType: Type = { kind: 'string' };
export const bytesType: Type = { kind: 'bytes' };
export const timestampType: Type = { kind: 'timestamp' };
export const durationType: Type = { kind: 'duration' };
export const nullType: Type = { kind: 'null' };
export const dynType: Type = { kind: 'dyn' };
export const typeType: Type = { kind: 'type' };
export const listOf = (of: Type): Type => ({ kind: 'list', of });
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', key, value });
export const optionalOf = (of: Type): Type => ({ kind: 'optional', of });
export const opaque = (name: string): Type => ({ kind: 'opaque', name });
export const param = (name: string): Type => ({ kind: 'param', name });
export const objectOf = (name: string, fields: Readonly<Record<string, Type>>): ObjectType => ({ kind: 'object', name, fields: new Map(Object.entries(fields)) });

const wellKnown: Readonly<Record<string, string>> = { timestamp: 'google.protobuf.Timestamp', duration: 'google.protobuf.Duration', null: 'null_type' };

/** A type as cel-go prints it. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `list(${typeText(type.of)})`;
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case 'optional':
      return `optional_type(${typeText(type.of)})`;
    case 'object':
    case 'opaque':
    case 'param':
      return type.name;
    default:
      return wellKnown[type.kind] ?? type.kind;
  }
}

export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === 'list' && b.kind === 'list') return sameType(a.of, b.of);
  if (a.kind === 'optional' && b.kind === 'optional') return sameType(a.of, b.of);
  if (a.kind === 'map' && b.kind === 'map') return sameType(a.key, b.key) && sameType(a.value, b.value);
  if ('name' in a && 'name' in b) return a.name === b.name;
  return true;
}

/** What type parameters stand for while one call is checked. */
export type Bindings = Map<string, Type>;

/** `type` with the parameters replaced that are bound; unbound ones are dyn. */
export function substitute(type: Type, bindings: Bindings): Type {
  switch (type.kind) {
    case 'param':
      return bindings.get(type.name) ?? dynType;
    case 'list':
      return { kind: 'list', of: substitute(type.of, bindings) };
    case 'optional':
      return { kind: 'optional', of: substitute(type.of, bindings) };
    case 'map':
      return { kind: 'map', key: substitute(type.key, bindings), value: substitute(type.value, bindings) };
    default:
      return type;
  }
}

/** True when a value of `actual` may stand where `expected` is asked for; binds parameters of `expected`. */
export function isAssignable(expected: Type, actual: Type, bindings: Bindings): boolean {
  if (expected.kind === 'param') return bind(expected.name, actual, bindings);
  if (expected.kind === 'dyn' || actual.kind === 'dyn') return true;
  // The element of an empty list may become anything.
  if (actual.kind === 'param') return true;
  if (actual.kind === 'null') return expected.kind === 'null' || expected.kind === 'object' || expected.kind === 'opaque' || expected.kind === 'timestamp' || expected.kind === 'duration';
  if (expected.kind === 'list') return actual.kind === 'list' && isAssignable(expected.of, actual.of, bindings);
  if (expected.kind === 'optional') return actual.kind === 'optional' && isAssignable(expected.of, actual.of, bindings);
  if (expected.kind === 'map') return actual.kind === 'map' && isAssignable(expected.key, actual.key, bindings) && isAssignable(expected.value, actual.value, bindings);
  return sameType(expected, actual);
}

function bind(name: string, actual: Type, bindings: Bindings): boolean {
  const known = bindings.get(name);
  if (known === undefined || known.kind === 'param' || known.kind === 'null') {
    bindings.set(name, actual);
    return true;
  }
  if (known.kind === 'dyn' || actual.kind === 'dyn') {
    bindings.set(name, dynType);
    return true;
  }
  if (isAssignable(known, actual, bindings)) return true;
  if (!isAssignable(actual, known, bindings)) return false;
  bindings.set(name, actual);
  return true;
}

/** The common type of two branches or elements; undefined when there is none. */
export function join(a: Type, b: Type): Type | undefined {
  const bindings: Bindings = new Map();
  if (a.kind === 'dyn' || b.kind === 'dyn') return dynType;
  if (isAssignable(a, b, bindings)) return a.kind === 'null' || a.kind === 'param' ? b : wider(a, b);
  return isAssignable(b, a, bindings) ? b : undefined;
}

/** Of two types that fit each other, the one that promises less. */
function wider(a: Type, b: Type): Type {
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: join(a.of, b.of) ?? dynType, ...largerBound(a, b) };
  if (a.kind === 'map' && b.kind === 'map') return { kind: 'map', key: join(a.key, b.key) ?? dynType, value: join(a.value, b.value) ?? dynType, ...largerBound(a, b) };
  if (a.kind === 'string' && b.kind === 'string') return { kind: 'string', ...largerBound(a, b) };
  return a;
}

function largerBound(a: Type, b: Type): { bound?: number } {
  return a.bound === undefined || b.bound === undefined ? {} : { bound: Math.max(a.bound, b.bound) };
}
