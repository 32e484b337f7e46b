import { setImmediate } from 'node:timers';

export interface OutboxOptions<F> {
  /** Sends one message; resolves when the transport takes more. A rejection closes the outbox. */
  readonly send: (frames: F[]) => Promise<void>;
  /** Frames are put together into messages of about this size. */
  readonly messageBytesMax?: number;
  /** `ready` waits while more than this is queued. */
  readonly highWaterBytes?: number;
}

interface Queued<F> {
  readonly frame: F;
  readonly bytes: number;
}

const messageBytesMaxDefault = 1024 * 1024;
const highWaterBytesDefault = 4 * 1024 * 1024;
/** What a frame costs beyond its body, for the sums. */
const frameOverheadBytes = 32;

/**
 * The sending side of a stream that carries many conversations. Frames of one turn of the event loop go out in one
 * message, as a gRPC message costs much more than a frame. Conversations take turns, frame by frame, so that a long
 * one delays the others by at most a frame each; within one the order holds.
 */
export class Outbox<F> {
  readonly #options: OutboxOptions<F>;
  readonly #messageBytesMax: number;
  readonly #highWaterBytes: number;
  /** Conversations with something to send, in the order of their turns. */
  readonly #queues = new Map<bigint, Array<Queued<F>>>();
  /** What waits for the mark to be passed, first come first served; each runs in its turn, so that they cannot pass it together. */
  readonly #waiting: Array<() => void> = [];
  #queuedBytes = 0;
  #flushing = false;
  #closed = false;

  constructor(options: OutboxOptions<F>) {
    this.#options = options;
    this.#messageBytesMax = options.messageBytesMax ?? messageBytesMaxDefault;
    this.#highWaterBytes = options.highWaterBytes ?? highWaterBytesDefault;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues a frame of conversation `id`; `bytes` is the size of its body. Dropped when the outbox is closed. */
  push(id: bigint, frame: F, bytes: number): void {
    if (this.#closed) return;
    const queued: Queued<F> = { frame, bytes: bytes + frameOverheadBytes };
    const queue = this.#queues.get(id);
    if (queue === undefined) this.#queues.set(id, [queued]);
    else queue.push(queued);
    this.#queuedBytes += queued.bytes;
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => void this.#flush());
  }

  /** Resolves when less than the high-water mark is queued, or the outbox is closed. */
  ready(): Promise<void> {
    if (!this.#full) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** `push` once less than the high-water mark is queued; not at all when the signal aborts first. */
  pushWhenReady(id: bigint, frame: F, bytes: number, signal: AbortSignal): Promise<void> {
    if (!this.#full) {
      if (!signal.aborted) this.push(id, frame, bytes);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        if (!signal.aborted) this.push(id, frame, bytes);
        resolve();
      });
    });
  }

  get #full(): boolean {
    return !this.#closed && (this.#queuedBytes >= this.#highWaterBytes || this.#waiting.length > 0);
  }

  /** Forgets what one conversation has queued. */
  drop(id: bigint): void {
    for (const queued of this.#queues.get(id) ?? []) this.#queuedBytes -= queued.bytes;
    this.#queues.delete(id);
    this.#release();
  }

  /** Forgets everything. */
  close(): void {
    this.#closed = true;
    this.#queues.clear();
    this.#queuedBytes = 0;
    this.#release();
  }

  async #flush(): Promise<void> {
    try {
      while (this.#queues.size > 0) {
        const message = this.#take();
        await this.#options.send(message);
        this.#release();
      }
    } catch {
      // The call is over; whoever owns it learns so from the call itself.
      this.close();
    } finally {
      this.#flushing = false;
    }
  }

  #take(): F[] {
    const frames: F[] = [];
    let bytes = 0;
    for (const [id, queue] of this.#queues) {
      const next = queue[0];
      if (next === undefined || (frames.length > 0 && bytes + next.bytes > this.#messageBytesMax)) break;
      queue.shift();
      frames.push(next.frame);
      bytes += next.bytes;
      // To the end of the line, which this very loop reaches if there is room left.
      this.#queues.delete(id);
      if (queue.length > 0) this.#queues.set(id, queue);
    }
    this.#queuedBytes -= bytes;
    return frames;
  }

  #release(): void {
    while (this.#closed || this.#queuedBytes < this.#highWaterBytes) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
  }
}

/** A body in pieces of at most `bytesMax`, views of the same memory; an empty body is one empty piece. */
export function* piecesOf(body: Uint8Array, bytesMax: number): Generator<{ readonly piece: Uint8Array; readonly more: boolean }> {
  if (body.length === 0) yield { piece: body, more: false };
  for (let at = 0; at < body.length; at += bytesMax) {
    yield { piece: body.subarray(at, at + bytesMax), more: at + bytesMax < body.length };
  }
}

/** Puts the pieces of a body together. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  return Buffer.concat(pieces);
}
