import { keyRange, type KeyRange, type KeyText } from '@rhythm/mvcc';

interface Interval {
  readonly start: KeyText;
  /** Undefined: without an upper bound. */
  end: KeyText | undefined;
}

/**
 * A set of keys as intervals. Invariants: 1. sorted by `start`. 2. They neither overlap nor touch, so that a range is
 * permitted exactly when one interval holds it, however many grants it took to cover it.
 */
export class KeyIntervals {
  readonly #intervals: Interval[] = [];

  constructor(ranges: Iterable<KeyRange>) {
    const sorted = [...ranges].filter((range) => range.end === undefined || range.start < range.end);
    sorted.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    for (const { start, end } of sorted) {
      const last = this.#intervals[this.#intervals.length - 1];
      if (last === undefined || (last.end !== undefined && last.end < start)) this.#intervals.push({ start, end });
      else if (last.end !== undefined && (end === undefined || end > last.end)) last.end = end;
    }
  }

  /** True when every key of the range is in the set. Of a range that ends before it begins, and so is empty, only the beginning counts. */
  contains(range: KeyRange): boolean {
    const found = this.#at(range.start);
    if (found === undefined) return false;
    return found.end === undefined || (range.end !== undefined && range.end <= found.end);
  }

  /** The interval that holds `key`. */
  #at(key: KeyText): Interval | undefined {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#intervals[middle] as Interval).start <= key) low = middle + 1;
      else high = middle;
    }
    const found = this.#intervals[low - 1];
    return found !== undefined && (found.end === undefined || key < found.end) ? found : undefined;
  }
}

/** A grant must name a key and, if a range, one that is not empty. */
export function isGrantable(key: Uint8Array, rangeEnd: Uint8Array): boolean {
  if (key.length === 0) return false;
  const { start, end } = keyRange(key, rangeEnd);
  return end === undefined || start < end;
}
