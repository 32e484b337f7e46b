import type { Held, Place } from './held.ts';
import type { Packer } from './packer.ts';
import { packedOverheadBytes } from './packing.ts';

/** As much as malloc asks the system for by itself, and gives back as a whole; what is still read for a while holds no more than this. */
export const slabBytes = 128 * 1024;
/** Larger ones have memory of their own, of exactly their size. */
export const pieceBytesMax = slabBytes / 8;
/** Full slabs of what is new, which is not packed yet: much of it is read again soon, or gone. */
export const recentSlabsMax = 8;

interface Slab extends Place {
  used: number;
  /** Of the bytes those that somebody still holds. */
  live: number;
  /** Who, and what packs theirs. */
  readonly held: Map<Held, Packer | undefined>;
  /** What it holds has not been packed yet. */
  isRecent: boolean;
}

/**
 * Bytes that are kept for long, side by side, apart from all that is thrown away soon: a pooled `Buffer` of a few KB would keep the 64 KB it was cut
 * from, and memory of its own for each leaves holes between what came and went. What outlives some hundred others is packed, where it was given a packer. Slabs that are half
 * empty are emptied and let go of, so that at most twice the bytes that are held, and some slabs, are in use. What was read before keeps its memory for as long as it is read:
 * nothing is ever overwritten.
 */
export class Slabs {
  readonly #slabs = new Set<Slab>();
  /** Being filled: by what is new, and by what has outlived its neighbours and will probably outlive others. */
  #fresh: Slab | undefined;
  #old: Slab | undefined;
  /** Full of what was new, the oldest first. */
  #recent: Slab[] = [];
  #live = 0;
  /** Where bytes are packed before they are copied to their place. */
  readonly #scratch = Buffer.allocUnsafeSlow(pieceBytesMax + packedOverheadBytes);

  /** Memory in use. */
  get bytes(): number {
    return this.#slabs.size * slabBytes;
  }

  /** Of it what is held. */
  get live(): number {
    return this.#live;
  }

  /** Copies the bytes to a place of their own. @param packer packs them there, once they have been held for a while */
  keep(one: Held, packer?: Packer): void {
    if (!(one.place instanceof Uint8Array)) return;
    if (one.length > pieceBytesMax) {
      if (one.place.buffer.byteLength > one.length) one.place = exactCopy(one.place);
      return;
    }
    const before = this.#fresh;
    this.#fresh = this.#roomIn(before, one.length);
    this.#fresh.isRecent = true;
    this.#place(this.#fresh, one, packer, one.place, 0);
    if (before !== undefined && before !== this.#fresh) this.#filled(before);
  }

  /** The bytes are not held for long any more. Those that read them still may. */
  drop(one: Held): void {
    if (one.place instanceof Uint8Array) return;
    const slab = one.place as Slab;
    if (!slab.held.delete(one)) return;
    slab.live -= one.size;
    this.#live -= one.size;
    this.#look(slab);
  }

  #filled(slab: Slab): void {
    this.#recent.push(slab);
    const settled = this.#recent.length > recentSlabsMax ? this.#recent.shift() : undefined;
    if (settled !== undefined) this.#settle(settled);
  }

  /** Packs what is still held of a slab; what is not packed stays in it as long as that is worth a slab. */
  #settle(slab: Slab): void {
    slab.isRecent = false;
    for (const [one, packer] of slab.held) {
      const packed = packer?.pack(one.bytes, this.#scratch);
      if (packed === undefined) continue;
      slab.held.delete(one);
      slab.live -= one.size;
      this.#live -= one.size;
      one.size = packed.size;
      one.dictionary = packed.dictionary;
      this.#toOld(one, packer, this.#scratch, 0);
    }
    this.#look(slab);
  }

  /** Empties a slab that is full and holds too little. */
  #look(slab: Slab): void {
    if (slab === this.#fresh || slab === this.#old || slab.isRecent || slab.live * 2 >= slab.used) return;
    if (this.#slabs.delete(slab)) this.#empty(slab);
  }

  #empty(slab: Slab): void {
    this.#live -= slab.live;
    for (const [one, packer] of slab.held) this.#toOld(one, packer, slab.buffer, one.at);
  }

  #toOld(one: Held, packer: Packer | undefined, from: Uint8Array, at: number): void {
    const before = this.#old;
    this.#old = this.#roomIn(before, one.size);
    this.#place(this.#old, one, packer, from, at);
    // What was dropped while it was being filled has not been looked at.
    if (before !== undefined && before !== this.#old) this.#look(before);
  }

  #place(slab: Slab, one: Held, packer: Packer | undefined, from: Uint8Array, at: number): void {
    slab.buffer.set(from.subarray(at, at + one.size), slab.used);
    one.place = slab;
    one.at = slab.used;
    slab.used += one.size;
    slab.live += one.size;
    slab.held.set(one, packer);
    this.#live += one.size;
  }

  #roomIn(slab: Slab | undefined, bytes: number): Slab {
    if (slab !== undefined && slab.used + bytes <= slabBytes) return slab;
    const made: Slab = { buffer: Buffer.allocUnsafeSlow(slabBytes), used: 0, live: 0, held: new Map(), isRecent: false };
    this.#slabs.add(made);
    return made;
  }
}

/** Bytes in memory of exactly their size. */
export function exactCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
