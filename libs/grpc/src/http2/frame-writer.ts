import { frameHeaderBytes } from './frames.ts';

const chunkBytes = 64 * 1024;
/** Payloads from here on are handed to the socket as they are; smaller ones are copied together. */
const copyBytesMax = 8 * 1024;

/** Collects frames, so that those of one turn of the event loop leave with one system call. */
export class FrameWriter {
  #chunk = Buffer.allocUnsafeSlow(chunkBytes);
  /** What of the chunk is not taken yet: from `#start` up to `#at`. */
  #start = 0;
  #at = 0;
  #ready: Uint8Array[] = [];

  /** A frame with a payload of several pieces. */
  frame(type: number, flag: number, stream: number, ...pieces: readonly Uint8Array[]): void {
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.header(length, type, flag, stream);
    for (const piece of pieces) this.bytes(piece);
  }

  header(length: number, type: number, flag: number, stream: number): void {
    this.#reserve(frameHeaderBytes);
    const chunk = this.#chunk;
    let at = this.#at;
    chunk[at++] = length >>> 16;
    chunk[at++] = length >>> 8;
    chunk[at++] = length;
    chunk[at++] = type;
    chunk[at++] = flag;
    chunk[at++] = stream >>> 24;
    chunk[at++] = stream >>> 16;
    chunk[at++] = stream >>> 8;
    chunk[at++] = stream;
    this.#at = at;
  }

  bytes(piece: Uint8Array): void {
    if (piece.length > copyBytesMax) {
      this.#cut();
      this.#ready.push(piece);
      return;
    }
    this.#reserve(piece.length);
    this.#chunk.set(piece, this.#at);
    this.#at += piece.length;
  }

  /** The five bytes in front of a message of gRPC: not compressed, its length. */
  messageHead(length: number): void {
    this.#reserve(5);
    this.#chunk[this.#at] = 0;
    this.#chunk.writeUInt32BE(length, this.#at + 1);
    this.#at += 5;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#chunk.writeUInt32BE(value >>> 0, this.#at);
    this.#at += 4;
  }

  /** What was collected since the last time. */
  take(): Uint8Array[] {
    this.#cut();
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #reserve(bytes: number): void {
    if (this.#chunk.length - this.#at >= bytes) return;
    this.#cut();
    // The old chunk lives on until the socket has sent what was cut from it.
    this.#chunk = Buffer.allocUnsafeSlow(chunkBytes);
    this.#start = 0;
    this.#at = 0;
  }

  #cut(): void {
    if (this.#at > this.#start) this.#ready.push(this.#chunk.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}
