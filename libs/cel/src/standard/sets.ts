import { overloads, type Overload, type Sizes } from '../check/overload.ts';
import { equal } from '../run/equality.ts';
import type { Value } from '../run/value.ts';

type List = readonly Value[];

/** Each element against each. */
const product = ([a = 1, b = 1]: Sizes): number => Math.max(1, a * b);
const within = (part: List, of: List): boolean => part.every((item) => of.some((other) => equal(item, other)));

/** cel-go's `sets` extension: lists read as sets. */
export const sets: readonly Overload[] = overloads([
  ['sets.contains(list<A>, list<A>): bool', (list: List, part: List) => within(part, list), product],
  ['sets.equivalent(list<A>, list<A>): bool', (a: List, b: List) => within(a, b) && within(b, a), (sizes) => 2 * product(sizes)],
  ['sets.intersects(list<A>, list<A>): bool', (a: List, b: List) => a.some((item) => b.some((other) => equal(item, other))), product],
]);
