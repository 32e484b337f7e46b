const headBytes = 5;
const capacityMin = 64;

export interface MessageSink {
  /** The five bytes before a message say this. Throws when it is not welcome. */
  onMessageHead(flag: number, length: number): void;
  onMessage(message: Buffer): void;
}

/**
 * Puts the messages of a call together from its data. What waits for its rest is copied, so that a few bytes do not keep the whole chunk of
 * the socket in memory; and space grows with what has come, not with what the head promises.
 */
export class MessageReader {
  readonly #sink: MessageSink;
  #kept: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Of the message in `#kept` with its head, once that is there. */
  #end = headBytes;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** Part of a message has come, and not the rest. */
  get isAmid(): boolean {
    return this.#length > 0;
  }

  /** `isLast`: nothing follows, the messages are taken at once and need no copy. */
  take(bytes: Buffer, isLast: boolean): void {
    let rest = bytes;
    while (rest.length > 0) rest = this.#length === 0 && rest.length >= headBytes ? this.#fresh(rest, isLast) : this.#more(rest);
  }

  #fresh(bytes: Buffer, isLast: boolean): Buffer {
    const length = bytes.readUInt32BE(1);
    const end = headBytes + length;
    if (bytes.length < end) return this.#more(bytes);
    this.#sink.onMessageHead(bytes[0] ?? 0, length);
    const message = bytes.subarray(headBytes, end);
    this.#sink.onMessage(isLast ? message : Buffer.from(message));
    return bytes.subarray(end);
  }

  /** Adds to what is kept, up to the end of the head or of the message; gives what is left. */
  #more(bytes: Buffer): Buffer {
    const taken = Math.min(bytes.length, this.#end - this.#length);
    this.#reserve(this.#length + taken);
    bytes.copy(this.#kept, this.#length, 0, taken);
    this.#length += taken;
    if (this.#length === headBytes && this.#end === headBytes) {
      const length = this.#kept.readUInt32BE(1);
      this.#sink.onMessageHead(this.#kept[0] ?? 0, length);
      this.#end += length;
    }
    if (this.#length >= headBytes && this.#length === this.#end) {
      const message = this.#kept.subarray(headBytes, this.#end);
      this.#kept = Buffer.alloc(0);
      this.#length = 0;
      this.#end = headBytes;
      this.#sink.onMessage(message);
    }
    return bytes.subarray(taken);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#kept.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(capacityMin, bytes, Math.min(this.#kept.length * 2, this.#end)));
    this.#kept.copy(larger, 0, 0, this.#length);
    this.#kept = larger;
  }
}
