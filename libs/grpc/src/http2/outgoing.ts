import type { Duplex } from 'node:stream';
import { FrameWriter } from './frame-writer.ts';
import { flags, frameBytesDefault, frameTypes } from './frames.ts';
import { noTable } from './hpack.ts';

/** Bytes that the socket has not sent: messages wait from here on, and from the second limit on nothing is read. */
const unsentBytesMax = 2 * 1024 * 1024;
const unsentBytesStop = 8 * 1024 * 1024;

/** The frames to one caller. Everything of one turn of the event loop, with what its promises bring, leaves together. */
export class Outgoing {
  /** A message waits for `room`: `onRoom` tells when there is some again. */
  isAwaited = false;
  readonly #socket: Duplex;
  readonly #onRoom: () => void;
  readonly #onData: () => void;
  readonly #writer = new FrameWriter();
  #collected = 0;
  #isFlushPlanned = false;
  #hasSentHeaders = false;

  /** `onData`: told of every frame of a message. */
  constructor(socket: Duplex, onRoom: () => void, onData: () => void) {
    this.#socket = socket;
    this.#onRoom = onRoom;
    this.#onData = onData;
    socket.on('drain', () => {
      socket.resume();
      onRoom();
    });
  }

  /** Bytes of messages that may be sent now. */
  get room(): number {
    return unsentBytesMax - this.#socket.writableLength - this.#collected;
  }

  headers(id: number, block: Buffer, isLast: boolean): void {
    const flag = isLast ? flags.endStream : 0;
    if (!this.#hasSentHeaders) block = Buffer.concat([noTable, block]);
    this.#hasSentHeaders = true;
    if (block.length <= frameBytesDefault) this.#writer.frame(frameTypes.headers, flag | flags.endHeaders, id, block);
    else {
      this.#writer.frame(frameTypes.headers, flag, id, block.subarray(0, frameBytesDefault));
      for (let at = frameBytesDefault; at < block.length; at += frameBytesDefault) {
        this.#writer.frame(frameTypes.continuation, at + frameBytesDefault < block.length ? 0 : flags.endHeaders, id, block.subarray(at, at + frameBytesDefault));
      }
    }
    this.#flushSoon();
  }

  /** A piece of a message; `messageBytes`: it is the first one, of a message so long. */
  data(id: number, piece: Uint8Array, size: number, messageBytes: number | undefined): void {
    this.#writer.header(size, frameTypes.data, 0, id);
    if (messageBytes !== undefined) this.#writer.messageHead(messageBytes);
    this.#writer.bytes(piece);
    this.#collected += size;
    this.#onData();
    this.#flushSoon();
  }

  reset(id: number, code: number): void {
    this.#numbers(frameTypes.reset, id, code);
  }

  window(id: number, by: number): void {
    this.#numbers(frameTypes.windowUpdate, id, by);
  }

  goAway(lastStream: number, code: number): void {
    this.#numbers(frameTypes.goAway, 0, lastStream, code);
  }

  settings(values: ReadonlyArray<readonly [id: number, value: number]>): void {
    const payload = Buffer.alloc(values.length * 6);
    for (const [at, [id, value]] of values.entries()) payload.writeUInt32BE(value, payload.writeUInt16BE(id, at * 6));
    this.#control(frameTypes.settings, 0, payload);
  }

  acknowledgeSettings(): void {
    this.#control(frameTypes.settings, flags.ack, Buffer.alloc(0));
  }

  ping(payload: Buffer, isAnswer: boolean): void {
    this.#control(frameTypes.ping, isAnswer ? flags.ack : 0, payload);
  }

  flush(): void {
    this.#isFlushPlanned = false;
    this.#collected = 0;
    const ready = this.#writer.take();
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    if (ready.length > 1) socket.cork();
    for (const bytes of ready) socket.write(bytes);
    if (ready.length > 1) socket.uncork();
    // A caller that asks on and on and reads nothing is not read either.
    if (socket.writableLength > unsentBytesStop) socket.pause();
    else if (this.isAwaited && !socket.writableNeedDrain) this.#onRoom();
  }

  #control(type: number, flag: number, payload: Buffer): void {
    this.#writer.frame(type, flag, 0, payload);
    this.#flushSoon();
  }

  #numbers(type: number, id: number, ...numbers: readonly number[]): void {
    this.#writer.header(numbers.length * 4, type, 0, id);
    for (const number of numbers) this.#writer.uint32(number);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    process.nextTick(() => this.flush());
  }
}
