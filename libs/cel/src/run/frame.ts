import type { Budget } from './budget.ts';
import { EvaluationError } from './error.ts';
import { mapKey, typeNameOf, type MapKey, type Value } from './value.ts';

/** What one evaluation works on. */
export interface Frame {
  readonly inputs: ReadonlyMap<string, Value | (() => Value)>;
  /** Variables of macros, by slot. */
  readonly locals: Value[];
  readonly budget: Budget;
}

/** A compiled expression. Throws `EvaluationError` or `BudgetError`. */
export type Run = (frame: Frame) => Value;

/** A value as the key of a map. Throws when it cannot be one. */
export function keyOf(value: Value): MapKey {
  const key = typeof value === 'number' ? undefined : mapKey(value);
  if (key === undefined) throw new EvaluationError(`unsupported key type: ${typeNameOf(value)}`);
  return key;
}
