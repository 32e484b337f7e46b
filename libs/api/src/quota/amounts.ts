import type { Amounts } from '../kinds/core/pod-resources.ts';
import { addQuantities, compareQuantities, formatQuantity, isQuantity, parseQuantity, quantityOf, subtractQuantities, type Quantity } from '../quantity.ts';

/** One thing. */
export const one: Quantity = quantityOf(1);
export const zero: Quantity = quantityOf(0);

/** The amounts of a list; what is no quantity is left to validation. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).filter(([, text]) => isQuantity(text)).map(([name, text]) => [name, parseQuantity(text)]));
}

/** The same as a list, by name. */
export function listOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => [name, formatQuantity(amount)]));
}

export function sum(a: Amounts, b: Amounts): Map<string, Quantity> {
  const result = new Map(a);
  for (const [name, amount] of b) {
    const known = result.get(name);
    result.set(name, known === undefined ? amount : addQuantities(known, amount));
  }
  return result;
}

/** What of `a` is beyond `b`; what is not is left out. */
export function excess(a: Amounts, b: Amounts): Map<string, Quantity> {
  const result = new Map<string, Quantity>();
  for (const [name, amount] of a) {
    const rest = subtractQuantities(amount, b.get(name) ?? zero);
    if (rest.nano > 0n) result.set(name, rest);
  }
  return result;
}

export function only(amounts: Amounts, isWanted: (name: string) => boolean): Map<string, Quantity> {
  return new Map([...amounts].filter(([name]) => isWanted(name)));
}

/** Names of which there is more in `amounts` than in `limits`; what has no limit is not looked at. */
export function beyond(amounts: Amounts, limits: Amounts): string[] {
  return [...amounts].filter(([name, amount]) => compareQuantities(amount, limits.get(name) ?? amount) > 0).map(([name]) => name);
}

/** Whether two lists do not say the same, however they write it. */
export function differs(a: Amounts, b: Amounts): boolean {
  return a.size !== b.size || [...a].some(([name, amount]) => b.get(name)?.nano !== amount.nano);
}

/** `cpu=1,memory=2Gi`, by name. */
export function textOf(amounts: Amounts): string {
  return Object.entries(listOf(amounts)).map(([name, amount]) => `${name}=${amount}`).join(',');
}
