import type { Clock } from '@rhythm/base';
import type { RequestAttributes } from '../../ports/types.ts';

/** What one request may wait for webhooks, all together: a request has 60 s, and its write must still have time. */
const requestBudgetMs = 45_000;

/** The time that requests have left for webhooks, whatever they try again. */
export class WaitBudgets {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Spent, by what stands for the request. */
  readonly #spent = new WeakMap<RequestAttributes, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  left(request: RequestAttributes): number {
    return Math.max(0, requestBudgetMs - (this.#spent.get(request) ?? 0));
  }

  /** Counts the time until `wait` has ended. Calls side by side are counted once, by waiting for them together. */
  async charge<T>(request: RequestAttributes, wait: () => Promise<T>): Promise<T> {
    const began = this.#clock.monotonic();
    try {
      return await wait();
    } finally {
      this.#spent.set(request, (this.#spent.get(request) ?? 0) + this.#clock.monotonic() - began);
    }
  }
}
