import type { KeyRange } from './key.ts';

/** Entries per chunk before it is split: large enough that there are few chunks, small enough that inserting is cheap. */
const chunkLengthMax = 512;

/**
 * A map whose keys can be walked in order from any place: a list of sorted chunks beside a hash map.
 * Lookups cost one hash, insertions a binary search and a short move.
 */
export class SortedMap<V extends { readonly key: string }> {
  readonly #byKey = new Map<string, V>();
  #chunks: V[][] = [];

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key);
  }

  /** Adds an entry whose key is not in the map yet. */
  add(entry: V): void {
    this.#byKey.set(entry.key, entry);
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push([entry]);
      return;
    }
    const chunkAt = this.#chunkFor(entry.key);
    const chunk = chunks[chunkAt] as V[];
    chunk.splice(lowerBound(chunk, entry.key), 0, entry);
    if (chunk.length <= chunkLengthMax) return;
    // Keys often arrive in ascending order: a full last chunk is left full instead of being halved.
    const cut = chunkAt === chunks.length - 1 && chunk[chunk.length - 1] === entry ? chunkLengthMax : chunkLengthMax >> 1;
    chunks.splice(chunkAt + 1, 0, chunk.splice(cut));
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return;
    const chunkAt = this.#chunkFor(key);
    const chunk = this.#chunks[chunkAt] as V[];
    chunk.splice(lowerBound(chunk, key), 1);
    if (chunk.length === 0) this.#chunks.splice(chunkAt, 1);
  }

  /** Calls `visit` for each entry of the range in order, until it answers false. The map must not change meanwhile. */
  forEach(range: KeyRange, visit: (entry: V) => boolean | void): void {
    if (this.#chunks.length === 0) return;
    let chunkAt = this.#chunkFor(range.start);
    let at = lowerBound(this.#chunks[chunkAt] as V[], range.start);
    for (; chunkAt < this.#chunks.length; chunkAt++, at = 0) {
      const chunk = this.#chunks[chunkAt] as V[];
      for (; at < chunk.length; at++) {
        const entry = chunk[at] as V;
        if (range.end !== undefined && entry.key >= range.end) return;
        if (visit(entry) === false) return;
      }
    }
  }

  /** All entries, in order, as they are now. */
  entries(): V[] {
    return this.#chunks.flat();
  }

  /** The last chunk whose first key is not above `key`. */
  #chunkFor(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.#chunks[middle] as V[])[0] as V).key <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first position whose key is not below `key`. */
function lowerBound(chunk: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunk[middle] as { key: string }).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
