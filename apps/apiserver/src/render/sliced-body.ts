import { limits } from '../limits.ts';
import type { Held } from '../watch-cache/held.ts';
import { pieceBytesMax } from '../watch-cache/slabs.ts';

/**
 * A long body as groups of slices, none copied before it is written; iterated it gives each group in one piece. The slices of a group stay as they are until
 * the next one is asked for.
 */
export class SlicedBody implements AsyncIterable<Uint8Array> {
  readonly groups: AsyncIterable<readonly Uint8Array[]>;

  constructor(groups: AsyncIterable<readonly Uint8Array[]>) {
    this.groups = groups;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const group of this.groups) yield Buffer.concat(group);
  }
}

/** For what is unpacked for a group: it is full before there is no room for one more. A list that is shorter than this does without. */
const roomBytes = limits.chunkBytes + pieceBytesMax;
const roomFromBytes = 32 * 1024;

/** Slices that are gathered until there are enough to be handed on. */
export class SliceGroup {
  #slices: Uint8Array[] = [];
  #bytes = 0;
  /** Made when it is first needed, and used again for each group. */
  #room: Buffer | undefined;
  #used = 0;

  get isFull(): boolean {
    return this.#bytes >= limits.chunkBytes;
  }

  get isEmpty(): boolean {
    return this.#slices.length === 0;
  }

  push(...slices: readonly Uint8Array[]): void {
    for (const slice of slices) {
      this.#slices.push(slice);
      this.#bytes += slice.length;
    }
  }

  /** Kept bytes, or of them those from `from` up to `to`: packed ones are unpacked into room that is used again. */
  pushHeld(held: Held, from = 0, to: number = held.length): void {
    if (held.isPacked && this.#bytes >= roomFromBytes) this.#room ??= Buffer.allocUnsafeSlow(roomBytes);
    const start = this.#used;
    if (!held.isPacked || this.#room === undefined || start + to > roomBytes) return this.push(from === 0 && to === held.length ? held.bytes : held.bytes.subarray(from, to));
    held.copy(this.#room, start, to);
    this.#used += to;
    this.push(this.#room.subarray(start + from, start + to));
  }

  take(): readonly Uint8Array[] {
    const taken = this.#slices;
    this.#slices = [];
    this.#bytes = 0;
    this.#used = 0;
    return taken;
  }
}
