import { addQuantities, compareQuantities, isQuantity, parseQuantity, quantityOf, quantityToNumber, quantityValue, subtractQuantities, type Quantity } from '@rhythm/api';
import { toError } from '@rhythm/base';
import { overloads, readCost, type Overload } from '../check/overload.ts';
import { EvaluationError } from '../run/error.ts';
import { intMax, intMin, OpaqueValue } from '../run/value.ts';

class QuantityValue extends OpaqueValue {
  readonly typeName = 'kubernetes.Quantity';
  readonly quantity: Quantity;

  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof QuantityValue && compareQuantities(this.quantity, other.quantity) === 0;
  }
}

const name = 'kubernetes.Quantity';
const order = (a: QuantityValue, b: QuantityValue): number => compareQuantities(a.quantity, b.quantity);
const isWhole = ({ quantity }: QuantityValue): boolean => quantity.nano % 1_000_000_000n === 0n && quantityValue(quantity) >= intMin && quantityValue(quantity) <= intMax;
const plus = (a: QuantityValue, b: Quantity): QuantityValue => new QuantityValue(addQuantities(a.quantity, b));
const minus = (a: QuantityValue, b: Quantity): QuantityValue => new QuantityValue(subtractQuantities(a.quantity, b));

/** Kubernetes' quantity library. */
export const quantities: readonly Overload[] = overloads([
  [`quantity(string): ${name}`, parsed, readCost],
  ['isQuantity(string): bool', (text: string) => isQuantity(text), readCost],
  [`(${name}).sign(): int`, ({ quantity }: QuantityValue) => (quantity.nano > 0n ? 1n : quantity.nano < 0n ? -1n : 0n)],
  [`(${name}).isInteger(): bool`, isWhole],
  [`(${name}).asInteger(): int`, asInteger],
  [`(${name}).asApproximateFloat(): double`, ({ quantity }: QuantityValue) => quantityToNumber(quantity)],
  [`(${name}).add(${name}): ${name}`, (a: QuantityValue, b: QuantityValue) => plus(a, b.quantity)],
  [`(${name}).add(int): ${name}`, (a: QuantityValue, b: bigint) => plus(a, quantityOf(b))],
  [`(${name}).sub(${name}): ${name}`, (a: QuantityValue, b: QuantityValue) => minus(a, b.quantity)],
  [`(${name}).sub(int): ${name}`, (a: QuantityValue, b: bigint) => minus(a, quantityOf(b))],
  [`(${name}).isLessThan(${name}): bool`, (a: QuantityValue, b: QuantityValue) => order(a, b) < 0],
  [`(${name}).isGreaterThan(${name}): bool`, (a: QuantityValue, b: QuantityValue) => order(a, b) > 0],
  [`(${name}).compareTo(${name}): int`, (a: QuantityValue, b: QuantityValue) => BigInt(order(a, b))],
]);

function parsed(text: string): QuantityValue {
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    throw new EvaluationError(toError(error).message, { cause: error });
  }
}

function asInteger(value: QuantityValue): bigint {
  if (!isWhole(value)) throw new EvaluationError('cannot convert value to integer');
  return quantityValue(value.quantity);
}
