/** The bytes are not the protobuf they should be. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** Below this length a text is put together faster than a TextDecoder is called. */
const shortText = 48;

/** Reads protobuf within bounds; everything that does not fit throws `ProtobufError`. */
export class Reader {
  readonly #buffer: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(buffer: Uint8Array, at = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** An unsigned integer; above 2^53 it is not exact, which tags and lengths never are. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new ProtobufError('proto: integer overflow');
  }

  /** A signed 64-bit integer; throws when it is beyond what a number holds exactly. */
  int64(): number {
    const value = this.bigint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) throw new ProtobufError(`the integer ${value} cannot be kept exactly`);
    return Number(value);
  }

  bigint(): bigint {
    if (this.#at < this.#end && (this.#buffer[this.#at] as number) < 0x80) return BigInt(this.#byte());
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new ProtobufError('proto: integer overflow');
  }

  int32(): number {
    const small = this.#at < this.#end ? (this.#buffer[this.#at] as number) : 0x80;
    if (small < 0x80) return this.#byte();
    return Number(BigInt.asIntN(32, this.bigint()));
  }

  double(): number {
    const at = this.#take(8);
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset + at, 8).getFloat64(0, true);
  }

  float(): number {
    const at = this.#take(4);
    return new DataView(this.#buffer.buffer, this.#buffer.byteOffset + at, 4).getFloat32(0, true);
  }

  /** A view of the next length-delimited field. */
  bytes(): Uint8Array {
    const length = this.varint();
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** A reader of the next length-delimited field. */
  message(): Reader {
    const length = this.varint();
    const at = this.#take(length);
    return new Reader(this.#buffer, at, at + length);
  }

  string(): string {
    const length = this.varint();
    const at = this.#take(length);
    if (length <= shortText) {
      let text = '';
      let index = at;
      for (const end = at + length; index < end; index++) {
        const code = this.#buffer[index] as number;
        if (code >= 0x80) break;
        text += String.fromCharCode(code);
      }
      if (index === at + length) return text;
    }
    return utf8.decode(this.#buffer.subarray(at, at + length));
  }

  skip(wireType: number): void {
    if (wireType === 0) this.bigint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.#take(this.varint());
    else if (wireType === 5) this.#take(4);
    else throw new ProtobufError(`proto: illegal wireType ${wireType}`);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new ProtobufError('unexpected EOF');
    return this.#buffer[this.#at++] as number;
  }

  #take(size: number): number {
    const at = this.#at;
    if (size > this.#end - at) throw new ProtobufError('unexpected EOF');
    this.#at = at + size;
    return at;
  }
}
