import { limits } from '../limits.ts';

/** A long body as groups of slices, none copied before it is written; iterated it gives each group in one piece. */
export class SlicedBody implements AsyncIterable<Uint8Array> {
  readonly groups: AsyncIterable<readonly Uint8Array[]>;

  constructor(groups: AsyncIterable<readonly Uint8Array[]>) {
    this.groups = groups;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const group of this.groups) yield Buffer.concat(group);
  }
}

/** Slices that are gathered until there are enough to be handed on. */
export class SliceGroup {
  #slices: Uint8Array[] = [];
  #bytes = 0;

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

  take(): readonly Uint8Array[] {
    const taken = this.#slices;
    this.#slices = [];
    this.#bytes = 0;
    return taken;
  }
}
