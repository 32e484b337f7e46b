import { overloads, type Overload, type Sizes } from '../check/overload.ts';
import { perCharacter } from '../run/budget.ts';
import { compare, elementKey, equal } from '../run/equality.ts';
import { EvaluationError } from '../run/error.ts';
import { AssociativeList, Duration, int, isMap, mapKey, Timestamp, Uint, type MapKey, type Value } from '../run/value.ts';

const sum = ([a = 0, b = 0]: Sizes): number => a + b;
const joined = (sizes: Sizes): number => sum(sizes) * perCharacter;
const smaller = ([a = 1, b = 1]: Sizes): number => Math.max(1, Math.min(a, b) * perCharacter);

const ordered = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'] as const;
const numbers = ['int', 'uint', 'double'] as const;
const orders = { '<': (order: number) => order < 0, '<=': (order: number) => order <= 0, '>': (order: number) => order > 0, '>=': (order: number) => order >= 0 };

/** Operators other than those that decide by one side (cel-spec "Standard Definitions"). */
export const operators: readonly Overload[] = [
  ...overloads([
    ['_==_(A, A): bool', (a: Value, b: Value) => equal(a, b), smaller],
    ['_!=_(A, A): bool', (a: Value, b: Value) => !equal(a, b), smaller],
    ['!_(bool): bool', (a: boolean) => !a],
    ['-_(int): int', (a: bigint) => int(-a)],
    ['-_(double): double', (a: number) => -a],
    ['_+_(int, int): int', (a: bigint, b: bigint) => int(a + b)],
    ['_-_(int, int): int', (a: bigint, b: bigint) => int(a - b)],
    ['_*_(int, int): int', (a: bigint, b: bigint) => int(a * b)],
    ['_/_(int, int): int', (a: bigint, b: bigint) => int(a / notZero(b, 'division by zero'))],
    ['_%_(int, int): int', (a: bigint, b: bigint) => int(a % notZero(b, 'modulus by zero'))],
    ['_+_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value + b.value)],
    ['_-_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value - b.value)],
    ['_*_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value * b.value)],
    ['_/_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value / notZero(b.value, 'division by zero'))],
    ['_%_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value % notZero(b.value, 'modulus by zero'))],
    ['_+_(double, double): double', (a: number, b: number) => a + b],
    ['_-_(double, double): double', (a: number, b: number) => a - b],
    ['_*_(double, double): double', (a: number, b: number) => a * b],
    ['_/_(double, double): double', (a: number, b: number) => a / b],
    ['_+_(string, string): string', (a: string, b: string) => a + b, joined, sum],
    ['_+_(bytes, bytes): bytes', (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]), joined, sum],
    ['_+_(list<A>, list<A>): list<A>', concatenate, joined, sum],
    ['_+_(duration, duration): duration', (a: Duration, b: Duration) => new Duration(a.nanos + b.nanos)],
    ['_-_(duration, duration): duration', (a: Duration, b: Duration) => new Duration(a.nanos - b.nanos)],
    ['_+_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.nanos + b.nanos)],
    ['_+_(duration, timestamp): timestamp', (a: Duration, b: Timestamp) => new Timestamp(a.nanos + b.nanos)],
    ['_-_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.nanos - b.nanos)],
    ['_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos)],
    ['@in(A, list<A>): bool', contains, ([, size = 1]) => size],
    ['@in(A, map<A, B>): bool', (key: Value, map: ReadonlyMap<MapKey, Value>) => hasKey(map, key)],
  ]),
  ...Object.entries(orders).flatMap(([sign, holds]) => overloads([
    ...ordered.map((type) => [`_${sign}_(${type}, ${type}): bool`, (a: Value, b: Value) => holds(compare(a, b)), type === 'string' || type === 'bytes' ? smaller : undefined] as const),
    ...numbers.flatMap((a) => numbers.filter((b) => b !== a).map((b) => [`_${sign}_(${a}, ${b}): bool`, (x: Value, y: Value) => holds(compare(x, y))] as const)),
  ])),
];

function notZero(value: bigint, message: string): bigint {
  if (value === 0n) throw new EvaluationError(message);
  return value;
}

function contains(value: Value, list: readonly Value[]): boolean {
  return list.some((item) => equal(value, item));
}

function hasKey(map: Value, key: Value): boolean {
  const place = mapKey(key);
  return isMap(map) && place !== undefined && map.has(place);
}

/** A plain list appends; a set adds what it lacks; a keyed list replaces elements of the same key in place (Kubernetes, "merge" of lists). */
function concatenate(a: readonly Value[], b: readonly Value[]): Value {
  if (!(a instanceof AssociativeList)) return [...a, ...b];
  const merged: Value[] = [...a];
  const places = new Map(merged.map((item, at) => [elementKey(item, a.keyFields), at]));
  for (const item of b) {
    const key = elementKey(item, a.keyFields);
    const at = places.get(key);
    if (at === undefined) {
      places.set(key, merged.length);
      merged.push(item);
    } else if (a.keyFields.length > 0) merged[at] = item;
    else if (!merged.some((other) => equal(other, item))) merged.push(item);
  }
  return new AssociativeList(a.keyFields, merged);
}

