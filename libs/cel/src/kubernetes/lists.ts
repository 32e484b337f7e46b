import { overloads, type Overload, type Row, type Sizes } from '../check/overload.ts';
import { compare, equal } from '../run/equality.ts';
import { EvaluationError } from '../run/error.ts';
import { Duration, int, Uint, type Value } from '../run/value.ts';

type List = readonly Value[];

const each = ([size = 1]: Sizes): number => Math.max(1, size);
const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];

/** Kubernetes' list library: order, sums, extremes, places. */
export const lists: readonly Overload[] = overloads([
  ...comparable.flatMap((type): Row[] => [
    [`(list<${type}>).isSorted(): bool`, (list: List) => list.every((item, at) => at === 0 || compare(list[at - 1] ?? null, item) <= 0), each],
    [`(list<${type}>).min(): ${type}`, (list: List) => extreme(list, 'min', -1), each],
    [`(list<${type}>).max(): ${type}`, (list: List) => extreme(list, 'max', 1), each],
  ]),
  ['(list<int>).sum(): int', (list: readonly bigint[]) => list.reduce((sum, item) => int(sum + item), 0n), each],
  ['(list<uint>).sum(): uint', (list: readonly Uint[]) => list.reduce((sum, item) => new Uint(sum.value + item.value), new Uint(0n)), each],
  ['(list<double>).sum(): double', (list: readonly number[]) => list.reduce((sum, item) => sum + item, 0), each],
  ['(list<duration>).sum(): duration', (list: readonly Duration[]) => list.reduce((sum, item) => new Duration(sum.nanos + item.nanos), new Duration(0n)), each],
  ['(list<A>).indexOf(A): int', (list: List, value: Value) => BigInt(list.findIndex((item) => equal(item, value))), each],
  ['(list<A>).lastIndexOf(A): int', (list: List, value: Value) => BigInt(list.findLastIndex((item) => equal(item, value))), each],
]);

function extreme(list: List, name: string, wanted: number): Value {
  const [first, ...rest] = list;
  if (first === undefined) throw new EvaluationError(`${name} called on empty list`);
  return rest.reduce((best, item) => (compare(item, best) * wanted > 0 ? item : best), first);
}
