import { overloads, type Overload } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import { Optional, Uint, type Value } from '../run/value.ts';

/** Optional values (cel-go "OptionalTypes"). `or` and `orValue` evaluate both sides here; neither has effects. */
export const optionals: readonly Overload[] = overloads([
  ['optional.of(A): optional<A>', (value: Value) => new Optional(value)],
  ['optional.none(): optional<A>', () => Optional.none],
  ['optional.ofNonZeroValue(A): optional<A>', (value: Value) => (isZero(value) ? Optional.none : new Optional(value))],
  ['(optional<A>).hasValue(): bool', (optional: Optional) => optional.value !== undefined],
  ['(optional<A>).value(): A', valueOf],
  ['(optional<A>).or(optional<A>): optional<A>', (optional: Optional, other: Optional) => (optional.value === undefined ? other : optional)],
  ['(optional<A>).orValue(A): A', (optional: Optional, other: Value) => optional.value ?? other],
]);

function valueOf(optional: Optional): Value {
  if (optional.value === undefined) throw new EvaluationError('optional.none() dereference');
  return optional.value;
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === '') return true;
  if (value instanceof Uint) return value.value === 0n;
  return (Array.isArray(value) && value.length === 0) || (value instanceof Map && value.size === 0) || (value instanceof Uint8Array && value.length === 0);
}
