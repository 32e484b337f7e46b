import { sleepOn, type Clock, type Instant, type Timer } from './clock.ts';
import { Heap } from './heap.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** A clock that moves only when told to: timers fire in order of time, then of creation. */
export class VirtualClock implements Clock {
  #now: Instant;
  #order = 0;
  readonly #pending = new Heap<Pending>((a, b) => a.at - b.at || a.order - b.order);

  constructor(start: Instant = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.push(pending);
    return {
      cancel: () => {
        pending.callback = undefined;
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** The time of the next timer, if there is one. */
  nextTimerAt(): Instant | undefined {
    this.#dropCancelled();
    return this.#pending.peek()?.at;
  }

  /** Fires all timers due within the next `ms`, in order, letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await settlePromises();
      const at = this.nextTimerAt();
      if (at === undefined || at > until) break;
      this.#now = Math.max(this.#now, at);
      this.#pending.pop()?.callback?.();
    }
    this.#now = until;
    await settlePromises();
  }

  #dropCancelled(): void {
    while (this.#pending.peek() !== undefined && this.#pending.peek()?.callback === undefined) this.#pending.pop();
  }
}

/** Lets the promise chains that are ready run to their next real wait: a turn of the event loop drains them all. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
