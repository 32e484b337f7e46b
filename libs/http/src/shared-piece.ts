/** Bytes that go into the replies to many clients: what they are on an HTTP/1.1 connection is made once for all. */
export class SharedPiece {
  /** A chunk of the chunked coding (RFC 9112, 7.1): its length in hex, the bytes, and an end of line. */
  readonly chunk: Buffer;
  readonly bytes: Buffer;

  constructor(parts: readonly Uint8Array[]) {
    const length = lengthOf(parts);
    const head = `${length.toString(16)}\r\n`;
    const chunk = Buffer.allocUnsafe(head.length + length + 2);
    let at = chunk.write(head, 'latin1');
    for (const part of parts) {
      chunk.set(part, at);
      at += part.length;
    }
    chunk.write('\r\n', at, 'latin1');
    this.chunk = chunk;
    this.bytes = chunk.subarray(head.length, at);
  }
}

/** Room for a chunk that is filled again and again: fresh memory for every piece of a long reply costs more than copying into it. */
export class ChunkBuffer {
  #room: Buffer = Buffer.alloc(0);

  /** The slices as a chunk; `undefined` when there is nothing in them, which would be the last. */
  fill(slices: readonly Uint8Array[]): Buffer | undefined {
    const length = lengthOf(slices);
    if (length === 0) return undefined;
    const head = `${length.toString(16)}\r\n`;
    const needed = head.length + length + 2;
    if (this.#room.length < needed) this.#room = Buffer.allocUnsafeSlow(needed + growBytes);
    const room = this.#room;
    let at = room.write(head, 'latin1');
    for (const slice of slices) {
      room.set(slice, at);
      at += slice.length;
    }
    room.write('\r\n', at, 'latin1');
    return room.subarray(0, needed);
  }
}

/** So that one that is a little larger finds room, too. */
const growBytes = 16 * 1024;

function lengthOf(slices: readonly Uint8Array[]): number {
  let length = 0;
  for (const slice of slices) length += slice.length;
  return length;
}
