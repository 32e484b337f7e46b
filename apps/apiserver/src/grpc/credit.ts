import { sessionLimits } from '@rhythm/grpc';

/** The bytes of objects that a watch may still send. May go below zero by one batch, so that no object is too big. */
export class Credit {
  #bytes: number = sessionLimits.watchCreditInitial;
  #wake: (() => void) | undefined;

  get left(): number {
    return this.#bytes;
  }

  add(bytes: bigint): void {
    const more = bytes > BigInt(sessionLimits.watchCreditMax) ? sessionLimits.watchCreditMax : Number(bytes);
    this.#bytes = Math.min(sessionLimits.watchCreditMax, this.#bytes + more);
    if (this.#bytes > 0) this.wake();
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Lets the one that waits look again. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Resolves at the next `add` that leaves credit, or `wake`. For one waiter. */
  more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
