import { ApiError } from '@rhythm/api';

/** How many watches (or streams of another kind) each user has open, so that none can take all that there may be of a resource. */
export class WatchCount {
  readonly #open = new Map<string, number>();
  readonly #max: number;

  readonly #what: string;

  constructor(max: number, what = 'watches') {
    this.#max = max;
    this.#what = what;
  }

  /** One more; to be released once, further calls do nothing. @throws ApiError TooManyRequests. */
  take(user: string): () => void {
    const open = this.#open.get(user) ?? 0;
    if (open >= this.#max) throw new ApiError('TooManyRequests', `user ${JSON.stringify(user)} has ${this.#max} ${this.#what} open, which is the most there can be`, { details: { retryAfterSeconds: 1 } });
    this.#open.set(user, open + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#open.get(user) ?? 1) - 1;
      if (left === 0) this.#open.delete(user);
      else this.#open.set(user, left);
    };
  }

  /** Users with watches. */
  get users(): number {
    return this.#open.size;
  }
}
