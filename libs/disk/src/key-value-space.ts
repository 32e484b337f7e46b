/** One change of a key space; without `value` the key is removed. */
export interface SpaceWrite {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

/** An ordered space of byte keys. */
export interface KeyValueSpace {
  /** The value of a key, at once. Reads all batches that have resolved. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** All of it or nothing. With `sync` it and everything before it survives a power cut on return. */
  batch(writes: readonly SpaceWrite[], sync: boolean): Promise<void>;
  /** Entries with `start <= key < end` in the order of bytes, in slices. */
  entries(start: Uint8Array, end: Uint8Array): AsyncIterable<Array<[Uint8Array, Uint8Array]>>;
  /** Bytes on disk, what is not compacted yet included. */
  size(): Promise<number>;
  close(): Promise<void>;
}
