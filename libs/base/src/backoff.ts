import type { Random } from './random.ts';

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** Share of the delay that is random, 0 to 1. */
  readonly jitter: number;
}

/** The delay before attempt `attempt` (0 is the first retry), in milliseconds. */
export function backoffDelay(options: BackoffOptions, attempt: number, random: Random): number {
  const base = Math.min(options.maxMs, options.initialMs * options.factor ** attempt);
  return base * (1 - options.jitter) + base * options.jitter * random.next();
}
