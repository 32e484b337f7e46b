/** A point in time, in milliseconds since the Unix epoch. */
export type Instant = number;

/** A pending timer; `cancel` is idempotent and may be called after it fired. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Everything outside `main.ts` takes one as an argument, so that a whole
 * cluster can run under virtual time (design, decision 6).
 */
export interface Clock {
  /** Wall-clock time; may jump. For timestamps that people read. */
  now(): Instant;
  /** Monotonic milliseconds from an arbitrary origin, with fractions. For measuring and deadlines. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs` (at least 0). */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** `sleep` for any clock, built on its timer. */
export function sleepOn(clock: Pick<Clock, 'setTimer'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * A signal that aborts with `reason` after `delayMs` of `clock`, or when `parent` aborts.
 * Call `cancel` when the work is done, so that no timer is left behind.
 */
export function withTimeout(
  clock: Pick<Clock, 'setTimer'>,
  delayMs: number,
  reason: () => Error,
  parent?: AbortSignal,
): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  const onParent = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  const timer = clock.setTimer(delayMs, () => controller.abort(reason()));
  return {
    signal: controller.signal,
    cancel: () => {
      timer.cancel();
      parent?.removeEventListener('abort', onParent);
    },
  };
}
