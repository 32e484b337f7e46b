/** Pieces shorter than this are copied together. */
const pieceBytesMin = 1024;
const tailBytesMin = 64;
const tailBytesMax = 4096;

/**
 * What has come of one message. Long pieces wait as they are, to be copied once when all are there; what would keep a chunk of the socket alive
 * for a few bytes, or take an object for them, is copied at once.
 */
export class MessageParts {
  readonly #length: number;
  #come = 0;
  readonly #pieces: Buffer[] = [];
  /** Copied pieces: from `#start` up to `#end` they are not among the pieces yet. */
  #tail: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  constructor(length: number) {
    this.#length = length;
  }

  /** Bytes that are still to come. */
  get missing(): number {
    return this.#length - this.#come;
  }

  /** Objects that hold what has come. */
  get pieces(): number {
    return this.#pieces.length;
  }

  /** `bytes`: no more than are missing. */
  add(bytes: Buffer): void {
    if (bytes.length >= pieceBytesMin && keepsLittle(bytes)) {
      this.#cut();
      this.#pieces.push(bytes);
    } else this.#copy(bytes);
    this.#come += bytes.length;
  }

  /** The message, once nothing is missing. */
  join(): Buffer {
    this.#cut();
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const message = Buffer.allocUnsafeSlow(this.#length);
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(message, at);
    return message;
  }

  #copy(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#end === this.#tail.length) this.#renew();
      const copied = bytes.copy(this.#tail, this.#end, at);
      this.#end += copied;
      at += copied;
    }
  }

  /** A new tail, twice as long as the one before. */
  #renew(): void {
    this.#cut();
    this.#tail = Buffer.allocUnsafeSlow(Math.min(Math.max(tailBytesMin, 2 * this.#tail.length), tailBytesMax));
    this.#start = 0;
    this.#end = 0;
  }

  #cut(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#tail.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

/** Whether these bytes keep no more memory alive than twice their length. */
export function keepsLittle(bytes: Buffer): boolean {
  return 2 * bytes.length >= bytes.buffer.byteLength;
}
