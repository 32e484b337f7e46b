import type { ApiError } from '@rhythm/api';
import { joinPieces, sessionLimits } from '@rhythm/grpc';
import type { Response, WatchEvents } from '@rhythm/proto/api';
import type { TransportEvent } from '../transport.ts';
import { errorFromResponse } from '../transport-client.ts';
import { eventType } from './frames.ts';

interface Batch {
  readonly events: readonly TransportEvent[];
  readonly bytes: number;
}

/** Credit is given back in portions of this size, not with every event. */
const creditPortionBytes = sessionLimits.watchCreditInitial / 4;

/**
 * The events of one watch between the stream and its consumer. Bounded by the credit that the server has: bytes are
 * given back only when the consumer comes for the next batch.
 */
export class WatchInbox {
  readonly #giveCredit: (bytes: number) => void;
  readonly #batches: Batch[] = [];
  /** The beginning of an object whose end is in later frames. */
  #partial: { readonly type: TransportEvent['type'] | undefined; readonly pieces: Uint8Array[] } | undefined;
  #takenBytes = 0;
  #ended = false;
  #error: ApiError | undefined;
  #wake: (() => void) | undefined;

  constructor(giveCredit: (bytes: number) => void) {
    this.#giveCredit = giveCredit;
  }

  receive(frame: WatchEvents, more: boolean): void {
    if (this.#ended) return;
    const events: TransportEvent[] = [];
    let bytes = 0;
    frame.events.forEach((event, index) => {
      bytes += event.object.length;
      const goesOn = more && index === frame.events.length - 1;
      const partial = index === 0 ? this.#partial : undefined;
      const type = partial === undefined ? eventType(event.type) : partial.type;
      const pieces = partial === undefined ? [event.object] : [...partial.pieces, event.object];
      if (index === 0) this.#partial = undefined;
      if (goesOn) this.#partial = { type, pieces };
      else if (type !== undefined) events.push({ type, object: joinPieces(pieces) });
    });
    this.#batches.push({ events, bytes });
    this.#notify();
  }

  /** The server has ended the watch. */
  finish(response: Response): void {
    if (response.code >= 400) this.end(errorFromResponse(response));
    else this.end();
  }

  /** What is there is still delivered, then the error is thrown if there is one. */
  end(error?: ApiError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#notify();
  }

  /** The next batch; `undefined` when the watch is over. For one consumer. */
  async next(): Promise<readonly TransportEvent[] | undefined> {
    this.#returnCredit();
    for (;;) {
      const batch = this.#batches.shift();
      if (batch !== undefined) {
        this.#takenBytes += batch.bytes;
        if (batch.events.length > 0) return batch.events;
        this.#returnCredit();
      } else if (this.#ended) {
        if (this.#error !== undefined) throw this.#error;
        return undefined;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #returnCredit(): void {
    if (this.#takenBytes < creditPortionBytes || this.#ended) return;
    this.#giveCredit(this.#takenBytes);
    this.#takenBytes = 0;
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
