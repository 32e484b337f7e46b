/** A file that can be read anywhere. */
export interface BoltSource {
  /** Bytes in the file. */
  readonly size: number;
  /** `length` bytes from `at`; both lie within the file. The bytes may be a view that is valid until the next call. */
  read(at: number, length: number): Promise<Uint8Array>;
}

/** A whole file in memory, for tests and small files. */
export function memorySource(bytes: Uint8Array): BoltSource {
  return { size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) };
}
