/** Frames of SPDY/3.1 on the wire (draft-mbelshe-httpbis-spdy-00, section 2.2; 3.1 differs only in flow control). */

export const frameTypes = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
export const flagFin = 1;

export interface Frame {
  /** 0 for data. */
  readonly type: number;
  /** Of data and of control frames that begin with one. */
  readonly streamId: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** Bytes that are not SPDY, or more of them than allowed. */
export class SpdyProtocolError extends Error {
  override readonly name = 'SpdyProtocolError';
}

/** Cuts a byte stream into frames; holds at most one frame. */
export class FrameReader {
  readonly #bytesMax: number;
  #held: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The frames that are complete with `chunk`. @throws SpdyProtocolError. */
  *read(chunk: Uint8Array): Generator<Frame> {
    this.#held = this.#held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= 8) {
      const length = this.#held.readUIntBE(5, 3);
      if (length > this.#bytesMax) throw new SpdyProtocolError(`a frame has ${length} bytes; at most ${this.#bytesMax} are allowed`);
      if (this.#held.length < 8 + length) return;
      const frame = this.#held.subarray(0, 8 + length);
      this.#held = this.#held.subarray(8 + length);
      yield frameOf(frame);
    }
  }
}

function frameOf(bytes: Buffer): Frame {
  const first = bytes.readUInt32BE(0);
  const flags = bytes.readUInt8(4);
  const payload = bytes.subarray(8);
  if (first < 0x80000000) return { type: 0, streamId: first, flags, payload };
  const version = (first >>> 16) & 0x7fff;
  if (version !== 3) throw new SpdyProtocolError(`SPDY version ${version} is not spoken here`);
  const streamId = payload.length >= 4 ? payload.readUInt32BE(0) & 0x7fffffff : 0;
  return { type: first & 0xffff, streamId, flags, payload };
}

export function dataFrame(streamId: number, data: Uint8Array, fin: boolean): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt32BE(data.length, 4);
  head.writeUInt8(fin ? flagFin : 0, 4);
  return Buffer.concat([head, data]);
}

export function controlFrame(type: number, flags: number, ...payload: readonly (number | Uint8Array)[]): Buffer {
  const body = Buffer.concat(payload.map((part) => (typeof part === 'number' ? uint32(part) : part)));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(0x80030000 + type, 0);
  head.writeUInt32BE(body.length, 4);
  head.writeUInt8(flags, 4);
  return Buffer.concat([head, body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
