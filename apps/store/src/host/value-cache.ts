import type { Revision } from '@rhythm/mvcc';

/** Values kept in memory beside LevelDB, in bytes. */
const bytesMaxDefault = 32 * 1024 * 1024;
/** What an entry costs besides its value. */
const entryOverheadBytes = 120;

/** The place of a value: a number for all but the later changes of one transaction, since finding one by a number costs a third. */
export type ValuePlace = number | string;

export function placeOf({ main, sub }: Revision): ValuePlace {
  return sub === 0 ? main : `${main}.${sub}`;
}

/** The newest values by their place in history; the oldest to come is the first to go. Reading LevelDB costs ten times as much. */
export class ValueCache {
  readonly #bytesMax: number;
  readonly #values = new Map<ValuePlace, Uint8Array>();
  #bytes = 0;

  constructor(bytesMax: number = bytesMaxDefault) {
    this.#bytesMax = bytesMax;
  }

  /** Of values, and of what is needed to find them. */
  get bytes(): number {
    return this.#bytes;
  }

  get(place: ValuePlace): Uint8Array | undefined {
    return this.#values.get(place);
  }

  set(place: ValuePlace, value: Uint8Array): void {
    if (this.#values.has(place)) return;
    this.#values.set(place, value);
    this.#bytes += value.length + entryOverheadBytes;
    while (this.#bytes > this.#bytesMax) {
      const [oldest] = this.#values.keys();
      if (oldest === undefined) return;
      this.delete(oldest);
    }
  }

  delete(place: ValuePlace): void {
    const value = this.#values.get(place);
    if (value === undefined) return;
    this.#values.delete(place);
    this.#bytes -= value.length + entryOverheadBytes;
  }
}
