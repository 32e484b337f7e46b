import { backoffDelay, type BackoffOptions } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

export interface RepeatOptions {
  /** Whether what failed may go well another time; asked of each failure, with the number of those before it. What it throws is what the caller gets. */
  readonly isPassing: (error: unknown, failures: number) => boolean;
  /** The pauses between attempts. */
  readonly backoff: BackoffOptions;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
  /** Ends a pause; its reason is what the caller gets. */
  readonly signal?: AbortSignal | undefined;
}

/** Does one thing until it goes well, or fails in a way that will not pass: rejects with that failure. */
export async function repeatedly<T>(work: () => Promise<T> | T, { isPassing, backoff, clock, random, signal }: RepeatOptions): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error, failures)) throw error;
      await clock.sleep(backoffDelay(backoff, failures, random), signal);
    }
  }
}
