/** A history that can be made shorter. */
export interface Shortened {
  readonly bytes: number;
  /** Forgets its oldest change; false when there is none that it can do without. */
  dropOldest(): boolean;
}

/** Beyond the limit so much more is made room for, so that not every change has to look for the longest history. */
const roomShare = 1 / 32;

/** What the histories of all resources may keep together. The longest gives way: a flood of changes of one resource leaves the others theirs. */
export class HistoryBudget {
  readonly #bytesMax: number;
  readonly #histories = new Set<Shortened>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `history` has become longer, or shorter. */
  changed(history: Shortened, bytes: number): void {
    this.#bytes += bytes;
    this.#histories.add(history);
    if (bytes > 0 && this.#bytes > this.#bytesMax) this.#shorten(this.#bytesMax * (1 - roomShare));
  }

  /** There is no such history any more. */
  forget(history: Shortened): void {
    if (this.#histories.delete(history)) this.#bytes -= history.bytes;
  }

  #shorten(bytesMax: number): void {
    while (this.#bytes > bytesMax) {
      const longest = this.#longest();
      const enough = (longest?.bytes ?? 0) / 2;
      let isShorter = false;
      while (longest !== undefined && this.#bytes > bytesMax && longest.bytes > enough && longest.dropOldest()) isShorter = true;
      if (!isShorter) return;
    }
  }

  #longest(): Shortened | undefined {
    let longest: Shortened | undefined;
    for (const history of this.#histories) if (longest === undefined || history.bytes > longest.bytes) longest = history;
    return longest;
  }
}
