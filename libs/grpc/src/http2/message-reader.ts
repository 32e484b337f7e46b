import { keepsLittle, MessageParts } from './message-parts.ts';

const headBytes = 5;

export interface MessageSink {
  /** The five bytes before a message say this. Throws when it is not welcome. */
  onMessageHead(flag: number, length: number): void;
  onMessage(message: Buffer): void;
}

/** Puts the messages of a call together from its data. Space grows with what has come, not with what the head promises. */
export class MessageReader {
  readonly #sink: MessageSink;
  readonly #head = Buffer.alloc(headBytes);
  #headLength = 0;
  /** What has come of a message whose head is there. */
  #parts: MessageParts | undefined;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** Part of a message has come, and not the rest. */
  get isAmid(): boolean {
    return this.#headLength > 0;
  }

  /** `isLast`: nothing follows, the messages are taken at once and need no copy. */
  take(bytes: Buffer, isLast: boolean): void {
    let rest = bytes;
    while (rest.length > 0) rest = this.#parts === undefined ? this.#begin(rest, isLast) : this.#more(this.#parts, rest);
  }

  /** The head of a message, and the message if it is whole; gives what is left. */
  #begin(bytes: Buffer, isLast: boolean): Buffer {
    const taken = Math.min(bytes.length, headBytes - this.#headLength);
    bytes.copy(this.#head, this.#headLength, 0, taken);
    this.#headLength += taken;
    if (this.#headLength < headBytes) return bytes.subarray(taken);
    const length = this.#head.readUInt32BE(1);
    this.#sink.onMessageHead(this.#head[0] ?? 0, length);
    if (bytes.length - taken < length) {
      this.#parts = new MessageParts(length);
      return bytes.subarray(taken);
    }
    const message = bytes.subarray(taken, taken + length);
    this.#headLength = 0;
    this.#sink.onMessage(isLast || keepsLittle(message) ? message : Buffer.from(message));
    return bytes.subarray(taken + length);
  }

  #more(parts: MessageParts, bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, parts.missing);
    parts.add(taken);
    if (parts.missing === 0) {
      this.#parts = undefined;
      this.#headLength = 0;
      this.#sink.onMessage(parts.join());
    }
    return bytes.subarray(taken.length);
  }
}
