/** Counts observations by size; with a weight each, say the time that something was so. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper bounds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number, weight = 1): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + weight;
    this.#sum += value * weight;
  }

  *lines(name: string, labels: string): Iterable<string> {
    const before = labels === '' ? '' : `${labels},`;
    const own = labels === '' ? '' : `{${labels}}`;
    let count = 0;
    for (const [at, bound] of this.#bounds.entries()) {
      count += this.#counts[at] ?? 0;
      yield `${name}_bucket{${before}le="${bound}"} ${count}`;
    }
    count += this.#counts[this.#bounds.length] ?? 0;
    yield `${name}_bucket{${before}le="+Inf"} ${count}`;
    yield `${name}_sum${own} ${this.#sum}`;
    yield `${name}_count${own} ${count}`;
  }
}

/** Bounds that grow by a factor, as client libraries of Prometheus make them. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => start * factor ** at);
}
