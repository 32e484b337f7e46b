/** Bytes that go into the replies to many clients: what they are on an HTTP/1.1 connection is made once for all. */
export class SharedPiece {
  /** A chunk of the chunked coding (RFC 9112, 7.1): its length in hex, the bytes, and an end of line. */
  readonly chunk: Buffer;
  readonly bytes: Buffer;

  constructor(parts: readonly Uint8Array[]) {
    let length = 0;
    for (const part of parts) length += part.length;
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
