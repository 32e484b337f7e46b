/** What the last writer has written into: objects of one kind are about as long. */
let spare: Uint8Array | undefined;
const spareBytesMax = 64 * 1024;

function takeSpare(): Uint8Array {
  const taken = spare ?? new Uint8Array(4096);
  // There may be a writer within a writer.
  spare = undefined;
  return taken;
}

/**
 * Writes protobuf from the end to the front, as Go's generated code does: a nested message is written before its length,
 * so no size is computed twice.
 */
export class BackwardWriter {
  #buffer = takeSpare();
  /** First byte written. */
  #at = this.#buffer.length;

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    const written = this.#buffer.slice(this.#at);
    if (this.#buffer.length <= spareBytesMax) spare = this.#buffer;
    return written;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[--this.#at] = value;
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  /** An unsigned integer below 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      this.byte(value);
      return;
    }
    if (value < 0x4000) {
      this.#room(2);
      this.#buffer[--this.#at] = value >> 7;
      this.#buffer[--this.#at] = (value & 0x7f) | 0x80;
      return;
    }
    const bytes: number[] = [];
    let rest = value;
    while (rest >= 0x80) {
      bytes.push((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
    for (let index = bytes.length - 1; index >= 0; index--) this.byte(bytes[index] as number);
  }

  /** A signed 32- or 64-bit integer: negative ones take ten bytes. */
  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    for (let index = bytes.length - 1; index >= 0; index--) this.byte(bytes[index] as number);
  }

  double(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.bytes(bytes);
  }

  /** The text with its length in front. */
  string(text: string): void {
    const { length } = text;
    this.#room(length + 10);
    const end = this.#at;
    for (let index = length - 1; index >= 0; index--) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.#at = end;
        const encoded = utf8.encode(text);
        this.bytes(encoded);
        this.varint(encoded.length);
        return;
      }
      this.#buffer[--this.#at] = code;
    }
    this.varint(length);
  }

  #room(size: number): void {
    if (this.#at >= size) return;
    const used = this.length;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, used + size));
    grown.set(this.#buffer.subarray(this.#at), grown.length - used);
    this.#at = grown.length - used;
    this.#buffer = grown;
  }
}

const utf8 = new TextEncoder();
