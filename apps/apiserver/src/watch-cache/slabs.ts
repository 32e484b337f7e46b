/** As much as malloc asks the system for by itself, and gives back as a whole; what is still read for a while holds no more than this. */
export const slabBytes = 128 * 1024;
/** Larger ones have memory of their own, of exactly their size. */
const pieceBytesMax = slabBytes / 8;

/** Whoever owns bytes in a slab; told where they are, when they move. */
export interface Held {
  bytes: Uint8Array;
}

interface Slab {
  readonly buffer: Buffer;
  used: number;
  /** Of the bytes those that somebody still holds. */
  live: number;
  readonly held: Set<Held>;
}

/**
 * Bytes that are kept for long, side by side, apart from all that is thrown away soon: a pooled `Buffer` of a few KB would keep the 64 KB it was cut
 * from, and memory of its own for each leaves holes between what came and went. Slabs that are half empty are emptied and let go of, so that at most
 * twice the bytes that are held, and two slabs, are in use. What was read before keeps its memory for as long as it is read: nothing is ever overwritten.
 */
export class Slabs {
  readonly #slabs = new Map<ArrayBufferLike, Slab>();
  /** Being filled: by what is new, and by what has outlived its neighbours and will probably outlive others. */
  #fresh: Slab | undefined;
  #old: Slab | undefined;
  #live = 0;

  /** Memory in use. */
  get bytes(): number {
    return this.#slabs.size * slabBytes;
  }

  /** Of it what is held. */
  get live(): number {
    return this.#live;
  }

  /** Copies the bytes to a place of their own. */
  keep(one: Held): void {
    if (this.#slabs.has(one.bytes.buffer)) return;
    if (one.bytes.length > pieceBytesMax) {
      if (one.bytes.buffer.byteLength > one.bytes.length) one.bytes = exactCopy(one.bytes);
      return;
    }
    const before = this.#fresh;
    this.#fresh = this.#roomIn(before, one.bytes.length);
    this.#place(this.#fresh, one);
    if (before !== this.#fresh) this.#look(before);
  }

  /** The bytes are not held for long any more. Those that read them still may. */
  drop(one: Held): void {
    const slab = this.#slabs.get(one.bytes.buffer);
    if (slab === undefined || !slab.held.delete(one)) return;
    slab.live -= one.bytes.length;
    this.#live -= one.bytes.length;
    this.#look(slab);
  }

  /** Empties a slab that is full and holds too little. */
  #look(slab: Slab | undefined): void {
    if (slab === undefined || slab === this.#fresh || slab === this.#old || slab.live * 2 >= slab.used) return;
    if (this.#slabs.has(slab.buffer.buffer)) this.#empty(slab);
  }

  #empty(slab: Slab): void {
    this.#slabs.delete(slab.buffer.buffer);
    this.#live -= slab.live;
    for (const one of slab.held) {
      const before = this.#old;
      this.#old = this.#roomIn(before, one.bytes.length);
      this.#place(this.#old, one);
      // What was dropped while it was being filled has not been looked at.
      if (before !== this.#old) this.#look(before);
    }
  }

  #place(slab: Slab, one: Held): void {
    const { length } = one.bytes;
    slab.buffer.set(one.bytes, slab.used);
    one.bytes = slab.buffer.subarray(slab.used, slab.used + length);
    slab.used += length;
    slab.live += length;
    slab.held.add(one);
    this.#live += length;
  }

  #roomIn(slab: Slab | undefined, bytes: number): Slab {
    if (slab !== undefined && slab.used + bytes <= slabBytes) return slab;
    const made: Slab = { buffer: Buffer.allocUnsafeSlow(slabBytes), used: 0, live: 0, held: new Set() };
    this.#slabs.set(made.buffer.buffer, made);
    return made;
  }
}

/** Bytes in memory of exactly their size. */
export function exactCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
