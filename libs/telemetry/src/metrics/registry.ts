import { assert } from '@rhythm/base';
import { Histogram } from './histogram.ts';
import { labelText, type LabelNames } from './labels.ts';

/** Series of one metric; what comes beyond is counted together in one whose labels say `other`. */
export const seriesMaxDefault = 2000;
/** Between the values of labels, where they are one key. */
const separator = '\u0000';
const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export interface Counter {
  inc(by?: number): void;
  /** Takes over a total that is counted elsewhere; never goes down. */
  raiseTo(total: number): void;
}

export interface Gauge {
  set(value: number): void;
  add(by: number): void;
}

/** The series of one metric, by the values of its labels. Keep what `labels` gives where it is used often. */
export interface Family<S> {
  /** One value for each label name, in their order. */
  labels(...values: readonly string[]): S;
  /** Shows the series no more: what its labels name is gone. */
  remove(...values: readonly string[]): void;
}

interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  lines(name: string): Iterable<string>;
}

/**
 * The metrics of a process, as Prometheus reads them (text format 0.0.4). A name is registered once. Labels are bounded: no caller can fill
 * the memory by choosing label values.
 */
export class MetricsRegistry {
  readonly #metrics = new Map<string, Metric>();
  readonly #collectors: Array<() => void | Promise<void>> = [];

  counter(name: string, help: string): Counter {
    return this.counters(name, help, []).labels();
  }

  counters(name: string, help: string, labelNames: LabelNames, seriesMax = seriesMaxDefault): Family<Counter> {
    return this.#register(name, 'counter', help, new Series(labelNames, seriesMax, () => new Value()));
  }

  gauge(name: string, help: string): Gauge {
    return this.gauges(name, help, []).labels();
  }

  gauges(name: string, help: string, labelNames: LabelNames, seriesMax = seriesMaxDefault): Family<Gauge> {
    return this.#register(name, 'gauge', help, new Series(labelNames, seriesMax, () => new Value()));
  }

  /** @param buckets upper bounds, ascending; +Inf is added */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return this.histograms(name, help, buckets, []).labels();
  }

  histograms(name: string, help: string, buckets: readonly number[], labelNames: LabelNames, seriesMax = seriesMaxDefault): Family<Histogram> {
    return this.#register(name, 'histogram', help, new Series(labelNames, seriesMax, () => new Histogram(buckets)));
  }

  /** Called before each reading, to bring up to date what is not counted as it happens. */
  onCollect(collect: () => void | Promise<void>): void {
    this.#collectors.push(collect);
  }

  /** Everything, in the order of names. A collector that fails leaves its metrics as they were. */
  async render(): Promise<string> {
    await Promise.allSettled(this.#collectors.map(async (collect) => collect()));
    const lines: string[] = [];
    for (const [name, metric] of [...this.#metrics].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`# HELP ${name} ${metric.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${metric.type}`, ...metric.lines(name));
    }
    return `${lines.join('\n')}\n`;
  }

  #register<S extends Sample>(name: string, type: Metric['type'], help: string, series: Series<S>): Series<S> {
    assert(namePattern.test(name), 'a metric has a name that Prometheus takes');
    assert(!this.#metrics.has(name), `the metric ${name} is registered once`);
    this.#metrics.set(name, { type, help, lines: (of) => series.lines(of) });
    return series;
  }
}

interface Sample {
  lines(name: string, labels: string): Iterable<string>;
}

class Value implements Counter, Gauge, Sample {
  #value = 0;

  inc(by = 1): void {
    this.#value += by;
  }

  raiseTo(total: number): void {
    if (total > this.#value) this.#value = total;
  }

  set(value: number): void {
    this.#value = value;
  }

  add(by: number): void {
    this.#value += by;
  }

  *lines(name: string, labels: string): Iterable<string> {
    yield `${name}${labels === '' ? '' : `{${labels}}`} ${this.#value}`;
  }
}

class Series<S extends Sample> implements Family<S> {
  readonly #names: LabelNames;
  readonly #seriesMax: number;
  readonly #make: () => S;
  readonly #series = new Map<string, S>();
  /** The same by the values as they are given, for those asked for often; no more than there may be series. */
  readonly #byValues = new Map<string, S>();

  constructor(names: LabelNames, seriesMax: number, make: () => S) {
    this.#names = names;
    this.#seriesMax = seriesMax;
    this.#make = make;
  }

  labels(...values: readonly string[]): S {
    assert(values.length === this.#names.length, 'each label has a value');
    // Without a value in it that could be two: then the text of the labels tells them apart.
    const key = values.join(separator);
    const found = this.#byValues.get(key);
    if (found !== undefined) return found;
    const series = this.#find(values);
    if (this.#byValues.size < this.#seriesMax && !values.some((value) => value.includes(separator))) this.#byValues.set(key, series);
    return series;
  }

  remove(...values: readonly string[]): void {
    this.#byValues.delete(values.join(separator));
    this.#series.delete(labelText(this.#names, values));
  }

  #find(values: readonly string[]): S {
    const labels = labelText(this.#names, values);
    const known = this.#series.get(labels);
    if (known !== undefined) return known;
    const isFull = this.#series.size >= this.#seriesMax && this.#names.length > 0;
    const place = isFull ? labelText(this.#names, values.map(() => 'other')) : labels;
    const made = this.#series.get(place) ?? this.#make();
    this.#series.set(place, made);
    return made;
  }

  *lines(name: string): Iterable<string> {
    for (const [labels, sample] of this.#series) yield* sample.lines(name, labels);
  }
}
