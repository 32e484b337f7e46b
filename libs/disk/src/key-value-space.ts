/** One change of a key space; without `value` the key is removed. */
export interface SpaceWrite {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

/** What can be read of a key space. */
export interface SpaceReader {
  /** The value of a key, at once. Reads all batches that have resolved. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries with `start <= key < end` in the order of bytes, in slices. */
  entries(start: Uint8Array, end: Uint8Array): AsyncIterable<Array<[Uint8Array, Uint8Array]>>;
}

/** A key space as it was when this was made, whatever is written since. Holds disk space until it is closed. */
export interface SpaceSnapshot extends SpaceReader {
  close(): Promise<void>;
}

/** An ordered space of byte keys. */
export interface KeyValueSpace extends SpaceReader {
  /** All of it or nothing. With `sync` it and everything before it survives a power cut on return. */
  batch(writes: readonly SpaceWrite[], sync: boolean): Promise<void>;
  /** Bytes on disk, what is not compacted yet included. */
  size(): Promise<number>;
  /** The space as it is now. */
  snapshot(): SpaceSnapshot;
  /** Gives the disk space of what was removed or replaced between two keys back; reads and writes go on meanwhile. */
  compact(start: Uint8Array, end: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
