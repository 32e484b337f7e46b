import { EvaluationError } from './error.ts';
import { AssociativeList, Duration, isList, isMap, mapKey, ObjectValue, OpaqueValue, Optional, Timestamp, TypeValue, typeNameOf, Uint, type Value } from './value.ts';

/** Equality of any two values: numbers compare across their types, values of different types are not equal (cel-spec "Equality"). */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (isList(a)) return isList(b) && listsEqual(a, b);
  if (isMap(a)) return isMap(b) && a.size === b.size && everyEntry(a, (key, value) => same(value, b.get(key)));
  if (a instanceof ObjectValue) return b instanceof ObjectValue && a.typeName === b.typeName && a.fields.size === b.fields.size && everyEntry(a.fields, (key, value) => same(value, b.fields.get(key)));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, at) => byte === b[at]);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof OpaqueValue) return b instanceof OpaqueValue && a.typeName === b.typeName && a.equals(b);
  if (a instanceof Optional) return b instanceof Optional && (a.value === undefined ? b.value === undefined : same(a.value, b.value));
  return false;
}

const same = (a: Value, b: Value | undefined): boolean => b !== undefined && equal(a, b);

function everyEntry<K, V>(map: ReadonlyMap<K, V>, test: (key: K, value: V) => boolean): boolean {
  for (const [key, value] of map) if (!test(key, value)) return false;
  return true;
}

function listsEqual(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  const associative = a instanceof AssociativeList ? a : b instanceof AssociativeList ? b : undefined;
  if (associative === undefined) return a.every((item, at) => same(item, b[at]));
  const others = new Map<string, Value[]>();
  for (const item of b) {
    const key = elementKey(item, associative.keyFields);
    const bucket = others.get(key);
    if (bucket === undefined) others.set(key, [item]);
    else bucket.push(item);
  }
  return a.every((item) => others.get(elementKey(item, associative.keyFields))?.some((other) => equal(item, other)) === true);
}

/** Text that tells an element of an associative list from others; elements of one text may still differ. */
export function elementKey(item: Value, keys: readonly string[]): string {
  if (keys.length === 0) return keyText(item);
  return keys.map((key) => keyText(fieldOf(item, key))).join('\0');
}

function fieldOf(item: Value, key: string): Value {
  if (item instanceof ObjectValue) return item.fields.get(key) ?? null;
  return isMap(item) ? (item.get(key) ?? null) : null;
}

function keyText(value: Value): string {
  if (typeof value === 'string') return `s${value}`;
  const key = mapKey(value);
  return key === undefined ? typeNameOf(value) : `${typeof key}${String(key)}`;
}

type Num = bigint | number | Uint;
export const isNumber = (value: Value): value is Num => typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;

/** Below, at or above zero as `a` is below, at or above `b`; NaN when one of them is. Exact across types. */
export function compareNumbers(a: Num, b: Num): number {
  const x = a instanceof Uint ? a.value : a;
  const y = b instanceof Uint ? b.value : b;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Order of two values of one ordered type, or of two numbers. Throws `EvaluationError` for others. */
export function compare(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos);
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  throw new EvaluationError('no such overload');
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** By code points, as UTF-8 sorts. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    // Surrogates stand for code points above all that fit in one unit.
    const isPair = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
    if (isPair(x) !== isPair(y)) return isPair(x) ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
