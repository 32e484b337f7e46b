import type { Dictionary } from './packing.ts';

/** Memory that several share. */
export interface Place {
  readonly buffer: Buffer;
}

/**
 * Bytes that are kept: in memory of their own, or side by side with others, as they are or packed. They stay the same wherever they are moved; whoever has read them may go on
 * reading.
 */
export class Held {
  /** How many they are. */
  readonly length: number;
  /** Where they are, for `Slabs` alone to change: in memory of their own, or from `at` on. */
  place: Uint8Array | Place;
  at = 0;
  /** Of that place: fewer than `length` when they are packed. */
  size: number;
  /** What they are packed with. */
  dictionary: Dictionary | undefined;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.place = bytes;
    this.size = bytes.length;
    this.dictionary = undefined;
  }

  /** The bytes: of packed ones a copy, which costs about what copying costs. */
  get bytes(): Uint8Array {
    if (this.dictionary === undefined) return this.place instanceof Uint8Array ? this.place : this.place.buffer.subarray(this.at, this.at + this.length);
    const bytes = Buffer.allocUnsafe(this.length);
    this.copy(bytes, 0, this.length);
    return bytes;
  }

  get isPacked(): boolean {
    return this.dictionary !== undefined;
  }

  /** Writes the first `length` of packed bytes to `target`, from `at` on. */
  copy(target: Uint8Array, at: number, length: number): void {
    if (this.dictionary === undefined || this.place instanceof Uint8Array) target.set(this.bytes.subarray(0, length), at);
    else this.dictionary.unpack(this.place.buffer, this.at, length, target, at);
  }
}
