/** An expression failed while it was evaluated. `&&`, `||`, `all` and `exists` may absorb it. */
export class EvaluationError extends Error {
  override readonly name: string = 'EvaluationError';
}

/** The budget is used up: evaluation ends, and nothing absorbs that. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';

  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}
