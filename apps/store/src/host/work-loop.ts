import { toError } from '@rhythm/base';

export interface WorkLoopPorts {
  /** Does one batch of work; false when there was none. */
  readonly step: () => Promise<boolean>;
  /** The loop has failed and does not go on. */
  readonly failed: (error: Error) => void;
  /** Calls back once the event loop has taken in what has arrived. */
  readonly nextTurn: (callback: () => void) => void;
}

/** Runs one batch of work after the other while there is some; never two at a time. */
export class WorkLoop {
  readonly #ports: WorkLoopPorts;
  #isWorking = false;
  #isPlanned = false;
  /** Asked for while a batch was in progress, which may have looked before there was anything. */
  #isWantedAgain = false;
  #isOver = false;
  #idle: Array<() => void> = [];

  constructor(ports: WorkLoopPorts) {
    this.#ports = ports;
  }

  /** Starts after this turn of the event loop, so that callers of one turn share a write. */
  soon(): void {
    if (this.#isWorking) this.#isWantedAgain = true;
    if (this.#isWorking || this.#isPlanned) return;
    this.#isPlanned = true;
    this.#ports.nextTurn(() => {
      this.#isPlanned = false;
      void this.run();
    });
  }

  /** Resolves when there is nothing left to do; at once while the work is in progress already. */
  async run(): Promise<void> {
    if (this.#isWorking) this.#isWantedAgain = true;
    if (this.#isWorking || this.#isOver) return;
    this.#isWorking = true;
    try {
      do this.#isWantedAgain = false;
      while (!this.#isOver && ((await this.#ports.step()) || this.#isWantedAgain));
    } catch (error) {
      this.#ports.failed(toError(error));
    } finally {
      this.#isWorking = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Resolves when no work is in progress. */
  async settled(): Promise<void> {
    if (this.#isWorking) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** No batch begins any more. */
  end(): void {
    this.#isOver = true;
  }
}
