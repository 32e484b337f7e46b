import { ConnectionError, errorCodes, initialWindow } from './frames.ts';

/** The window of the whole connection. */
const connectionWindow = 16 * 1024 * 1024;

/** What a caller may send on its connection, all streams together: counted as it comes, widened when half of it is used up. */
export class ReceiveWindow {
  readonly #widen: (by: number) => void;
  #owed = 0;

  constructor(widen: (by: number) => void) {
    this.#widen = widen;
  }

  /** Tells the caller of a window larger than the one it begins with. */
  open(): void {
    this.#widen(connectionWindow - initialWindow);
  }

  /** Counts what came. @throws ConnectionError when there was no such window. */
  spend(cost: number): void {
    this.#owed += cost;
    if (this.#owed > connectionWindow) throw new ConnectionError(errorCodes.flowControl, 'more than the window of the connection');
    if (this.#owed < connectionWindow / 2) return;
    this.#widen(this.#owed);
    this.#owed = 0;
  }
}
