import { BudgetError } from './error.ts';

/** What a tenth of a character read costs; cel-go "StringTraversalCostFactor". */
export const perCharacter = 0.1;
/** Regular expressions cost a quarter of the length of the expression for each tenth of the text. */
export const perPatternCharacter = 0.25;
export const listCost = 10;
export const mapCost = 30;
export const objectCost = 40;

/** The units of work left to evaluations that share it. */
export class Budget {
  #left: number;

  constructor(units: number) {
    this.#left = units;
  }

  get left(): number {
    return this.#left;
  }

  /** Takes `units` (rounded up). Throws `BudgetError` when there are not as many left. */
  charge(units: number): void {
    this.#left -= Math.ceil(units);
    if (this.#left < 0) throw new BudgetError();
  }
}
