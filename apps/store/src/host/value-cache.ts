/** Values kept in memory beside LevelDB, in bytes. */
const bytesMaxDefault = 32 * 1024 * 1024;
/** What an entry costs besides its value. */
const entryOverheadBytes = 120;

/** The newest values by their place on disk; the oldest to come is the first to go. Reading LevelDB costs ten times as much. */
export class ValueCache {
  readonly #bytesMax: number;
  readonly #values = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(bytesMax: number = bytesMaxDefault) {
    this.#bytesMax = bytesMax;
  }

  /** Of values, and of what is needed to find them. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Uint8Array): void {
    if (this.#values.has(key)) return;
    this.#values.set(key, value);
    this.#bytes += value.length + entryOverheadBytes;
    while (this.#bytes > this.#bytesMax) {
      const [oldest] = this.#values.keys();
      if (oldest === undefined) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#bytes -= value.length + entryOverheadBytes;
  }
}
