import { AsyncQueue } from '@rhythm/base';
import type { Message } from '@rhythm/raft';
import { messageBytes } from './codec.ts';

/** What may wait for one member; the rest is dropped, and raft told so. */
const queuedBytesMax = 64 * 1024 * 1024;
const queuedMessagesMax = 10_000;
/** Messages are put together into batches of about this size. */
const batchBytesMax = 1024 * 1024;

/** Messages for one member while its stream stands. */
export class Outgoing {
  #queue: Message[] = [];
  #bytes = 0;
  readonly #wake = new AsyncQueue<true>(1);

  /** False: there is no room, the message is dropped. */
  push(message: Message): boolean {
    const bytes = messageBytes(message);
    if (this.#queue.length >= queuedMessagesMax || this.#bytes + bytes > queuedBytesMax) return false;
    this.#queue.push(message);
    this.#bytes += bytes;
    if (this.#wake.length === 0) this.#wake.push(true);
    return true;
  }

  /** Batches in the order in which the messages came; ends with `close`. */
  async *batches(): AsyncGenerator<Message[]> {
    for await (const _ of this.#wake) {
      while (this.#queue.length > 0) yield this.#take();
    }
  }

  close(): void {
    this.#queue = [];
    this.#bytes = 0;
    this.#wake.end();
  }

  #take(): Message[] {
    let bytes = 0;
    let count = 0;
    for (const message of this.#queue) {
      const size = messageBytes(message);
      if (count > 0 && bytes + size > batchBytesMax) break;
      bytes += size;
      count++;
    }
    this.#bytes -= bytes;
    return this.#queue.splice(0, count);
  }
}
